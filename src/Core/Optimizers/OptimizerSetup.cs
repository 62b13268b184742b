using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The optimizers of a module, with their schedulers. A single optimizer converts to it implicitly.</summary>
/// <remarks>
/// In automatic optimization, all optimizers step together after one backward pass. Use manual optimization to step them separately,
/// as in adversarial training.
/// </remarks>
public sealed class OptimizerSetup
{
    /// <summary>Initializes a setup with one optimizer.</summary>
    /// <param name="optimizer">The optimizer. The trainer disposes it at the end of the fit.</param>
    /// <param name="schedulers">The schedulers, in the order in which they are stepped.</param>
    /// <exception cref="ArgumentException">A scheduler belongs to another optimizer, or requires a metric and names none.</exception>
    public OptimizerSetup(optim.Optimizer optimizer, params IEnumerable<SchedulerConfiguration> schedulers)
        : this([new OptimizerConfiguration(optimizer, schedulers)])
    {
    }

    /// <summary>Initializes a setup with several optimizers.</summary>
    /// <param name="optimizers">The optimizers. The trainer disposes them at the end of the fit.</param>
    /// <exception cref="ArgumentException">The list is empty or contains an optimizer twice.</exception>
    public OptimizerSetup(IReadOnlyList<OptimizerConfiguration> optimizers)
    {
        ArgumentNullException.ThrowIfNull(optimizers);
        if (optimizers.Count == 0)
        {
            throw new ArgumentException("At least one optimizer is required.", nameof(optimizers));
        }

        if (optimizers.Select(configuration => configuration.Optimizer).Distinct(ReferenceEqualityComparer.Instance)
            .Count() != optimizers.Count)
        {
            throw new ArgumentException("An optimizer occurs twice. Specify it once, with all its schedulers.", nameof(optimizers));
        }

        Optimizers = [.. optimizers];
    }

    /// <summary>Gets the optimizers with their schedulers, in the order in which they step.</summary>
    public IReadOnlyList<OptimizerConfiguration> Optimizers { get; }

    /// <summary>Gets the first optimizer.</summary>
    public optim.Optimizer Optimizer => Optimizers[0].Optimizer;

    /// <summary>Converts an optimizer to a setup without schedulers.</summary>
    /// <param name="optimizer">The optimizer.</param>
    public static implicit operator OptimizerSetup(optim.Optimizer optimizer) => new(optimizer);
}

/// <summary>An optimizer of a module, with its schedulers. An optimizer converts to it implicitly.</summary>
public sealed class OptimizerConfiguration
{
    /// <summary>Initializes the configuration of an optimizer.</summary>
    /// <param name="optimizer">The optimizer. The trainer disposes it at the end of the fit.</param>
    /// <param name="schedulers">The schedulers, in the order in which they are stepped.</param>
    /// <exception cref="ArgumentException">A scheduler belongs to another optimizer, or requires a metric and names none.</exception>
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

    /// <summary>Gets the optimizer.</summary>
    public optim.Optimizer Optimizer { get; }

    /// <summary>Gets the schedulers, in the order in which they are stepped.</summary>
    public IReadOnlyList<SchedulerConfiguration> Schedulers { get; }

    /// <summary>Converts an optimizer to a configuration without schedulers.</summary>
    /// <param name="optimizer">The optimizer.</param>
    public static implicit operator OptimizerConfiguration(optim.Optimizer optimizer) => new(optimizer);

    private void Check(SchedulerConfiguration configuration)
    {
        var scheduler = configuration.Scheduler;
        if (!ReferenceEquals(scheduler.Optimizer, Optimizer))
        {
            throw new ArgumentException(
                $"The {scheduler.GetType().Name} was created for a different optimizer than this {Optimizer.GetType().Name}. "
                    + "Create it for this optimizer.",
                nameof(configuration));
        }

        if (scheduler.NeedsMetric && configuration.Monitor is null)
        {
            throw new ArgumentException(
                $"The {scheduler.GetType().Name} requires a metric. Set Monitor to its name: "
                    + "new SchedulerConfiguration(scheduler) { Monitor = \"val_loss\" }.",
                nameof(configuration));
        }
    }
}
