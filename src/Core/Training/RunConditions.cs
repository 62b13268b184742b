using Fulgurite.State;
using Microsoft.Extensions.Logging;
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

/// <summary>Warns of likely mistakes, once per run.</summary>
internal sealed partial class RunWarnings(Trainer trainer)
{
    private bool _hasLooked;
    private bool _hasWarned;

    /// <summary>Warns if there is validation data and the module does not use it.</summary>
    public static void CheckValidationStep<TBatch>(Trainer trainer, TrainingModule<TBatch> module)
    {
        Action<TBatch, int> step = module.ValidationStep;
        if (step.Method.DeclaringType == typeof(TrainingModule<TBatch>))
        {
            LogNoValidationStep(trainer.Log, module.GetType().Name);
        }
    }

    /// <summary>
    /// Checks the loss after an optimizer step, where it costs little: at the first step, at the interval of loggers, and at the end of an
    /// epoch.
    /// </summary>
    public void AfterStep(StepLoss? loss)
    {
        if (_hasWarned || loss is null || (
            _hasLooked && trainer.GlobalStep % trainer.Run.Options.LogEveryNSteps != 0 && trainer.CurrentBatch != trainer.BatchesPerEpoch))
        {
            return;
        }

        _hasLooked = true;
        if (!double.IsFinite(loss.Value))
        {
            _hasWarned = true;
            LogNotFinite(trainer.Log, loss.Value, trainer.GlobalStep);
        }
    }

    [LoggerMessage(
        1061, LogLevel.Warning,
        "Validation data was passed, but {Module} does not override ValidationStep. Override it and log a metric, "
            + "or pass no validation data")]
    private static partial void LogNoValidationStep(ILogger logger, string module);

    [LoggerMessage(
        1062, LogLevel.Warning,
        "The loss is {Loss} at step {Step}. Set DetectAnomaly to find the cause; reduce the learning rate, "
            + "clip gradients (GradientClipNorm), or add the Rollback callback")]
    private static partial void LogNotFinite(ILogger logger, double loss, long step);
}
