using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Schedulers that are parts of another scheduler.</summary>
internal static class SchedulerParts
{
    public static optim.Optimizer OptimizerOf(IReadOnlyList<LearningRateScheduler> schedulers, string argument)
    {
        ArgumentNullException.ThrowIfNull(schedulers, argument);
        return schedulers.Count > 0 ? schedulers[0].Optimizer : throw new ArgumentException("Specify at least one scheduler.", argument);
    }

    public static void Check(optim.Optimizer optimizer, IReadOnlyList<LearningRateScheduler> schedulers, string argument)
    {
        for (var index = 0; index < schedulers.Count; index++)
        {
            var scheduler = schedulers[index];
            if (!ReferenceEquals(scheduler.Optimizer, optimizer))
            {
                throw new ArgumentException(
                    $"The {scheduler.GetType().Name} at index {index} was created for another optimizer. "
                        + "Create all schedulers for the same optimizer.",
                    argument);
            }

            if (scheduler.NeedsMetric)
            {
                throw new ArgumentException(
                    $"The {scheduler.GetType().Name} at index {index} requires a metric, which combined schedulers do not support. "
                        + "Pass it to the trainer separately.",
                    argument);
            }
        }
    }

    public static StateList StateDict(LearningRateScheduler[] schedulers) => new(schedulers.Select(scheduler => scheduler.StateDict()));

    public static void LoadStateDict(LearningRateScheduler[] schedulers, StateMap state)
    {
        if (!state.TryGetValue("_schedulers", out var saved))
        {
            return;
        }

        var states = saved.AsList();
        if (states.Count != schedulers.Length)
        {
            throw new InvalidOperationException(
                $"The state of the combined scheduler has {states.Count} parts, but there are {schedulers.Length}. "
                    + "Create the same schedulers in the same order.");
        }

        for (var index = 0; index < schedulers.Length; index++)
        {
            schedulers[index].LoadStateDict(states[index].AsMap());
        }
    }
}

/// <summary>Functions of the step, one per group.</summary>
internal static class GroupFunctions
{
    public static Func<long, double>[] Check(IReadOnlyList<Func<long, double>> functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        return functions.Count > 0 && functions.All(function => function is not null)
            ? [.. functions]
            : throw new ArgumentException("At least one function is required, and none may be null.", nameof(functions));
    }

    public static Func<long, double> Of(Func<long, double>[] functions, int group) => functions[Math.Min(group, functions.Length - 1)];

    /// <summary>Returns null placeholders for the functions, as PyTorch does.</summary>
    public static StateList Placeholders(int groups) => new(Enumerable.Repeat(StateValue.Null, groups));
}

/// <summary>The momentum of a group: its momentum setting, or the first of its betas.</summary>
internal static class GroupMomentum
{
    /// <exception cref="ArgumentException">A group has no momentum.</exception>
    public static void Check(optim.Optimizer optimizer, IEnumerable<optim.ILearningRateController> groups, string scheduler)
    {
        if (groups.Any(group => group is not (optim.IMomentum or optim.IBetas)))
        {
            throw new ArgumentException(
                $"{optimizer.GetType().Name} has no momentum for {scheduler} to cycle. Set cycleMomentum to false.", nameof(optimizer));
        }
    }

    public static void Set(optim.ILearningRateController group, double momentum)
    {
        switch (group)
        {
            case optim.IMomentum own:
                own.Momentum = momentum;
                break;
            case optim.IBetas own:
                own.Betas = (momentum, own.Betas.Item2);
                break;
            default:
                break;
        }
    }
}
