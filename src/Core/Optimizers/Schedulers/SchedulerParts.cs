using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Schedulers that are part of another one.</summary>
internal static class SchedulerParts
{
    public static optim.Optimizer OptimizerOf(IReadOnlyList<LearningRateScheduler> schedulers, string argument)
    {
        ArgumentNullException.ThrowIfNull(schedulers, argument);
        return schedulers.Count > 0 ? schedulers[0].Optimizer : throw new ArgumentException("At least one scheduler is needed.", argument);
    }

    public static void Check(optim.Optimizer optimizer, IReadOnlyList<LearningRateScheduler> schedulers, string argument)
    {
        for (var index = 0; index < schedulers.Count; index++)
        {
            var scheduler = schedulers[index];
            if (!ReferenceEquals(scheduler.Optimizer, optimizer))
            {
                throw new ArgumentException($"The {scheduler.GetType().Name} at place {index} was made for another optimizer. Make all for one.", argument);
            }

            if (scheduler.NeedsMetric)
            {
                throw new ArgumentException($"The {scheduler.GetType().Name} at place {index} goes by a metric, which a scheduler that holds others does not get. Give it to the trainer beside this one.", argument);
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
            throw new InvalidOperationException($"The state holds {states.Count} schedulers within one and there are {schedulers.Length}. Make the same ones in the same order.");
        }

        for (var index = 0; index < schedulers.Length; index++)
        {
            schedulers[index].LoadStateDict(states[index].AsMap());
        }
    }
}

/// <summary>Functions of the step, one a group.</summary>
internal static class GroupFunctions
{
    public static Func<long, double>[] Check(IReadOnlyList<Func<long, double>> functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        return functions.Count > 0 && functions.All(function => function is not null)
            ? [.. functions]
            : throw new ArgumentException("At least one function is needed, and none may be null.", nameof(functions));
    }

    public static Func<long, double> Of(Func<long, double>[] functions, int group) => functions[Math.Min(group, functions.Length - 1)];

    /// <summary>PyTorch lists its functions, with nothing in their places.</summary>
    public static StateList Placeholders(int groups) => new(Enumerable.Repeat(StateValue.Null, groups));
}

/// <summary>The momentum of a group: its own, or the first of its betas.</summary>
internal static class GroupMomentum
{
    /// <exception cref="ArgumentException">A group has none.</exception>
    public static void Check(optim.Optimizer optimizer, IEnumerable<optim.ILearningRateController> groups, string scheduler)
    {
        if (groups.Any(group => group is not (optim.IMomentum or optim.IBetas)))
        {
            throw new ArgumentException($"{optimizer.GetType().Name} has no momentum that {scheduler} could cycle. Set cycleMomentum to false.", nameof(optimizer));
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
