using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The environment conditions that affect the last bits of CPU results.</summary>
/// <param name="Threads">The number of libtorch threads, which determines how sums and products are split.</param>
/// <param name="Kernels">The MKL mode (<see cref="ReproducibleKernels.Mode"/>); null if it is unknown.</param>
/// <param name="Processor">The processor, which determines the kernels; null if it is unknown.</param>
/// <param name="Libtorch">The version of libtorch; null if it is unknown.</param>
internal sealed record RunConditions(long Threads, string? Kernels, string? Processor, string? Libtorch)
{
    private const string ThreadsKey = "threads";
    private const string KernelsKey = "kernels";
    private const string ProcessorKey = "processor";
    private const string LibtorchKey = "libtorch";

    /// <summary>Gets the current conditions of this process.</summary>
    public static RunConditions Current => new(get_num_threads(), ReproducibleKernels.Mode, Fulgurite.Processor.Description, __version__);

    /// <summary>Reads the conditions of a checkpoint.</summary>
    public static RunConditions Read(StateMap state) => new(
        state[ThreadsKey].AsInteger(),
        Text(state, KernelsKey),
        Text(state, ProcessorKey),
        Text(state, LibtorchKey));

    public void Write(StateMap state)
    {
        state[ThreadsKey] = Threads;
        state[KernelsKey] = Kernels!;
        state[ProcessorKey] = Processor!;
        state[LibtorchKey] = Libtorch!;
    }

    /// <summary>Returns the differences from earlier conditions; empty if there are none. Unknown values are ignored.</summary>
    public string ChangesSince(RunConditions before) => string.Join("; ", new[]
    {
        Change("threads", $"{before.Threads}", $"{Threads}"),
        Change("kernels", before.Kernels, Kernels),
        Change("processor", before.Processor, Processor),
        Change("libtorch", before.Libtorch, Libtorch),
    }.OfType<string>());

    private static string? Change(string what, string? before, string? now) =>
        before is null || now is null || string.Equals(before, now, StringComparison.Ordinal) ? null : $"{what} {before} (now {now})";

    private static string? Text(StateMap state, string key) => state.TryGetValue(key, out var value) ? value.AsText() : null;
}
