using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>One of the optimizers of a module with its schedulers. An optimizer alone converts to it.</summary>
public sealed class OptimizerConfiguration
{
    /// <summary>Configures an optimizer.</summary>
    /// <param name="optimizer">The optimizer; the trainer disposes it at the end of the fit.</param>
    /// <param name="schedulers">Its schedulers, stepped in this order.</param>
    /// <exception cref="ArgumentException">A scheduler belongs to another optimizer, or lacks the metric that it wants.</exception>
    public OptimizerConfiguration(optim.Optimizer optimizer, params IEnumerable<SchedulerConfiguration> schedulers)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(schedulers);
        Optimizer = optimizer;
        Schedulers = [.. schedulers];
        foreach (var configuration in Schedulers)
        {
            Check(configuration);
        }
    }

    /// <summary>The optimizer.</summary>
    public optim.Optimizer Optimizer { get; }

    /// <summary>Its schedulers, in the order in which they are stepped.</summary>
    public IReadOnlyList<SchedulerConfiguration> Schedulers { get; }

    /// <summary>Configures an optimizer without schedulers.</summary>
    /// <param name="optimizer">The optimizer.</param>
    public static implicit operator OptimizerConfiguration(optim.Optimizer optimizer) => new(optimizer);

    private void Check(SchedulerConfiguration configuration)
    {
        var scheduler = configuration.Scheduler;
        if (!ReferenceEquals(scheduler.Optimizer, Optimizer))
        {
            throw new ArgumentException($"The {scheduler.GetType().Name} was made for another optimizer than the {Optimizer.GetType().Name} that it is given with. Make it for this one.", nameof(configuration));
        }

        if (scheduler.NeedsMetric && configuration.Monitor is null)
        {
            throw new ArgumentException($"The {scheduler.GetType().Name} goes by a metric. Name it: new SchedulerConfiguration(scheduler) {{ Monitor = \"val_loss\" }}.", nameof(configuration));
        }
    }
}
