namespace Fulgurite.Bench.Stall.Paired;

/// <summary>What <c>stall --paired</c> or <c>xml --paired</c> was asked for.</summary>
/// <param name="Stall">The training, and where checkpoints go.</param>
/// <param name="Threads">How many threads compute; each is measured by itself.</param>
/// <param name="Block">Steps of a block.</param>
/// <param name="Seconds">How long each is measured.</param>
/// <param name="Command">The command in the results.</param>
/// <param name="Optimizer">The optimizer in the results; null for that of <paramref name="Stall"/>.</param>
/// <param name="Chain">The maximum number of increments on a full file; null to measure no increments.</param>
internal sealed record PairedSettings(
    StallSettings Stall,
    IReadOnlyList<int> Threads,
    int Block,
    double Seconds,
    string Command = "stall-paired",
    string? Optimizer = null,
    int? Chain = null)
{
    /// <summary>
    /// Returns the default number of threads of libtorch, which may leave some for saving, and all, unless one number is specified.
    /// </summary>
    /// <param name="specified">The number; 0 for none.</param>
    public static IReadOnlyList<int> ThreadsOf(int specified)
    {
        var all = Environment.ProcessorCount;
        var usual = Math.Min(TorchSharp.torch.get_num_threads(), Math.Max(1, all - 1));
        return specified > 0 ? [specified] : [.. new[] { usual, all }.Distinct()];
    }
}
