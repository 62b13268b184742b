using Fulgurite.Checkpointing;
using Fulgurite.State;
using Fulgurite.Strategies;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Numerics;

/// <summary>What the numbers of a run depend on besides its data: checked before it, kept in its checkpoints, compared when it is resumed.</summary>
internal static partial class RunNumerics
{
    private const string Key = "numerics";

    /// <exception cref="NotSupportedException">The strategy cannot do what the options ask for.</exception>
    public static void Check(TrainerOptions options, IStrategy strategy)
    {
        foreach (var failure in Failures(options, strategy))
        {
            throw new NotSupportedException(failure);
        }
    }

    /// <summary>What the strategy cannot do.</summary>
    public static IEnumerable<string> Failures(TrainerOptions options, IStrategy strategy)
    {
        if (options.Precision is { } precision && !strategy.Supports(precision))
        {
            yield return PrecisionMessages.Unsupported(precision, strategy.GetType());
        }

        if (options.Deterministic && strategy.RootDevice.type != DeviceType.CPU)
        {
            yield return $"TrainerOptions.Deterministic is true and {strategy.GetType().Name} trains on {strategy.RootDevice}, where TorchSharp cannot ask libtorch for deterministic algorithms. Train on the CPU, or set Deterministic to false and expect runs that differ in the last bits.";
        }
    }

    public static StateMap StateDict(TrainerOptions options)
    {
        var state = new StateMap { ["threads"] = get_num_threads() };
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

    /// <summary>Compares with what a checkpoint was trained with, before anything is changed.</summary>
    /// <exception cref="InvalidOperationException">The run would not go on as it was.</exception>
    public static void Compare(TrainingState state, TrainerOptions options, string path, ILogger logger)
    {
        if (state.Find($"{CheckpointKeys.Fulgurite}.{Key}") is not StateMap saved)
        {
            return;
        }

        var precision = saved.TryGetValue("precision", out var name) ? name.AsText() : null;
        if (!string.Equals(precision, options.Precision?.ToString(), StringComparison.Ordinal))
        {
            throw ModuleWeights.Unfit(path, $"It was trained with Precision {precision ?? "null"} and TrainerOptions.Precision is {options.Precision?.ToString() ?? "null"}. Set it to that, or load the weights only.");
        }

        if (saved["threads"].AsInteger() is var threads && threads != get_num_threads())
        {
            if (options.Deterministic)
            {
                throw ModuleWeights.Unfit(path, $"It was trained with {threads} threads and libtorch has {get_num_threads()} here, which sums in another order, and Deterministic is true. Call torch.set_num_threads({threads}) before, or set Deterministic to false.");
            }

            LogThreads(logger, path, threads, get_num_threads());
        }

        if (saved.TryGetValue("seed", out var seed))
        {
            RandomSeed.Remember(seed.AsInteger());
        }
    }

    [LoggerMessage(1050, LogLevel.Warning, "Checkpoint {Path} was trained with {Saved} threads and libtorch has {Threads} here: sums may differ in their last bits")]
    private static partial void LogThreads(ILogger logger, string path, long saved, int threads);
}
