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
