using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>What decides, besides a run itself, the last bits of what it computes on the CPU.</summary>
/// <param name="Threads">How many threads libtorch computes with: they split sums and products.</param>
/// <param name="Kernels">The mode of MKL (<see cref="ReproducibleKernels.Mode"/>); null if it is not known.</param>
/// <param name="Processor">The processor, by which kernels are chosen; null if it is not known.</param>
/// <param name="Libtorch">The version of libtorch; null if it is not known.</param>
internal sealed record RunConditions(long Threads, string? Kernels, string? Processor, string? Libtorch)
{
    private const string ThreadsKey = "threads";
    private const string KernelsKey = "kernels";
    private const string ProcessorKey = "processor";
    private const string LibtorchKey = "libtorch";

    /// <summary>Those of this process now.</summary>
    public static RunConditions Current => new(get_num_threads(), ReproducibleKernels.Mode, Fulgurite.Processor.Description, __version__);

    /// <summary>Those that a checkpoint was made under.</summary>
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

    /// <summary>What has changed since others; empty if nothing has. What is not known of one of them is left out.</summary>
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
