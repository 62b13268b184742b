using Fulgurite.State;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// The numerical conditions of a run: checked at its start, saved in checkpoints, and compared on resume.
/// </summary>
internal static partial class RunNumerics
{
    private const string Key = "numerics";

    private static int _reported;

    /// <exception cref="NotSupportedException">The strategy does not support the options.</exception>
    public static void Check(TrainerOptions options, IStrategy strategy)
    {
        foreach (var failure in Failures(options, strategy))
        {
            throw new NotSupportedException(failure);
        }
    }

    /// <summary>Returns the options that the strategy does not support, as messages.</summary>
    public static IEnumerable<string> Failures(TrainerOptions options, IStrategy strategy)
    {
        if (options.Precision is { } precision && !strategy.Supports(precision))
        {
            yield return PrecisionMessages.Unsupported(precision, strategy.GetType(), Autocast.IsAvailable);
        }

        if (options.Deterministic && strategy.RootDevice.type != DeviceType.CPU)
        {
            yield return $"TrainerOptions.Deterministic is true and {strategy.GetType().Name} trains on {strategy.RootDevice}, where "
                + "TorchSharp cannot enable deterministic algorithms in libtorch. Train on the CPU, or set Deterministic to false; "
                + "runs may then differ in the last bits.";
        }
        else if (options.Deterministic && Obstacle(ReproducibleKernels.Request()) is { } obstacle)
        {
            yield return $"TrainerOptions.Deterministic is true and {obstacle}. Alternatively, set Deterministic to false; "
                + "runs may then differ in the last bits.";
        }
    }

    /// <summary>Logs, once per process, that kernels are not reproducible although they were requested.</summary>
    public static void Report(IStrategy strategy, ILogger logger)
    {
        if (strategy.RootDevice.type != DeviceType.CPU)
        {
            return;
        }

        var kernels = ReproducibleKernels.Request();
        if (kernels == KernelReproducibility.TooLate && logger.IsEnabled(LogLevel.Warning) && Interlocked.Exchange(ref _reported, 1) == 0)
        {
            LogTooLate(logger, Obstacle(kernels)!);
        }
        else if (logger.IsEnabled(LogLevel.Debug))
        {
            LogKernels(logger, kernels, ReproducibleKernels.Mode);
        }
    }

    public static StateMap StateDict(TrainerOptions options)
    {
        var state = new StateMap();
        RunConditions.Current.Write(state);
        if (options.Precision is { } precision)
        {
            state["precision"] = precision.ToString();
        }

        if (RandomSeed.Current is { } seed)
        {
            state["seed"] = seed;
        }

        return state;
    }

    /// <summary>Compares the conditions with those of a checkpoint, before anything is changed.</summary>
    /// <exception cref="InvalidOperationException">The run would continue under different conditions.</exception>
    public static void Compare(TrainingState state, TrainerOptions options, IStrategy strategy, string path, ILogger logger)
    {
        if (state.Find($"{CheckpointKeys.Fulgurite}.{Key}") is not StateMap saved)
        {
            return;
        }

        var precision = saved.TryGetValue("precision", out var name) ? name.AsText() : null;
        if (!string.Equals(precision, options.Precision?.ToString(), StringComparison.Ordinal))
        {
            throw ModuleWeights.Unfit(
                path,
                $"It was trained with Precision {precision ?? "null"} and TrainerOptions.Precision is "
                    + $"{options.Precision?.ToString() ?? "null"}. Use the same precision, or load only the weights.");
        }

        if (strategy.RootDevice.type == DeviceType.CPU
            && RunConditions.Current.ChangesSince(RunConditions.Read(saved)) is { Length: > 0 } changes)
        {
            if (options.Deterministic)
            {
                throw ModuleWeights.Unfit(
                    path,
                    $"Deterministic is true, but the checkpoint was saved under other conditions, which affect the last bits: {changes}. "
                        + "Resume under the same conditions (torch.set_num_threads sets the threads), or set Deterministic to false.");
            }

            LogChanges(logger, path, changes);
        }

        if (saved.TryGetValue("seed", out var seed))
        {
            RandomSeed.Remember(seed.AsInteger());
        }
    }

    /// <summary>Returns why results are not bitwise reproducible, and the remedy; null if they are.</summary>
    private static string? Obstacle(KernelReproducibility kernels) => kernels switch
    {
        KernelReproducibility.TooLate => "MKL was used before its reproducible kernels were requested. Call ReproducibleKernels.Request() "
            + "at the start of the program, or set the environment variable MKL_CBWR=AUTO,STRICT",
        KernelReproducibility.SwitchedOff => $"the switch {ReproducibleKernels.SwitchName} is false. Set it to true",
        KernelReproducibility.Unavailable => "reproducible kernels of MKL cannot be requested here. "
            + "Set the environment variable MKL_CBWR=AUTO,STRICT before the process starts",
        _ => null,
    };

    [LoggerMessage(
        1050, LogLevel.Warning,
        "Checkpoint {Path} was saved under other conditions, so the resumed run may differ in the last bits from an uninterrupted one: "
            + "{Changes}")]
    private static partial void LogChanges(ILogger logger, string path, string changes);

    [LoggerMessage(1051, LogLevel.Warning, "Results may differ in the last bits between runs, including resumed runs: {Obstacle}")]
    private static partial void LogTooLate(ILogger logger, string obstacle);

    [LoggerMessage(1052, LogLevel.Debug, "Reproducible kernels: {Kernels}, mode {Mode}")]
    private static partial void LogKernels(ILogger logger, KernelReproducibility kernels, string mode);
}

/// <summary>Detects NaN and infinite values.</summary>
internal static class FiniteValues
{
    public static bool AreAll(Tensor tensor)
    {
        if (GradientKernel.AreFinite(tensor) is { } areFinite)
        {
            return areFinite;
        }

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        if (tensor.is_sparse)
        {
            tensor = SparseTensors.CoalescedValues(tensor);
        }

        return tensor.numel() == 0 || !(tensor.is_floating_point() || tensor.is_complex()) || tensor.isfinite().all().cpu().item<bool>();
    }

    /// <summary>Returns the number of values of each kind, as <c>3 nan and 1 infinite of 64</c>.</summary>
    public static string Describe(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var values = tensor.is_sparse ? SparseTensors.CoalescedValues(tensor) : tensor;
        var nan = Count(values.isnan());
        var infinite = Count(values.isinf());
        return (nan, infinite) switch
        {
            (_, 0) => $"{nan} nan of {tensor.numel()}",
            (0, _) => $"{infinite} infinite of {tensor.numel()}",
            _ => $"{nan} nan and {infinite} infinite of {tensor.numel()}",
        };
    }

    private static long Count(Tensor flags) => flags.sum().cpu().item<long>();
}

/// <summary>
/// The exception that is thrown when a loss, gradient or parameter is not finite (<see cref="TrainerOptions.DetectAnomaly"/>).
/// </summary>
public sealed class NonFiniteValueException : ArithmeticException
{
    /// <summary>Initializes a new instance of the <see cref="NonFiniteValueException"/> class.</summary>
    /// <param name="message">The message, with the tensor, the position in the run and the remedy.</param>
    /// <param name="tensor">The name of the tensor in the module; null for the loss.</param>
    /// <param name="globalStep">The number of completed optimizer steps.</param>
    /// <param name="innerException">The libtorch error, or null.</param>
    public NonFiniteValueException(string message, string? tensor, long globalStep, Exception? innerException = null)
        : base(message, innerException) => (Tensor, GlobalStep) = (tensor, globalStep);

    /// <summary>Gets the name of the tensor in the module, such as <c>encoder.0.weight</c>; null for the loss.</summary>
    public string? Tensor { get; }

    /// <summary>Gets the number of completed optimizer steps.</summary>
    public long GlobalStep { get; }
}
