using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>What a module asks to be trained with: one or several optimizers with their schedulers. A single optimizer converts to it.</summary>
/// <remarks>
/// In automatic optimization all optimizers step together, after one backward pass. A module that needs them one after the other
/// (adversarial training) optimizes manually.
/// </remarks>
public sealed class OptimizerSetup
{
    /// <summary>Asks for one optimizer.</summary>
    /// <param name="optimizer">The optimizer; the trainer disposes it at the end of the fit.</param>
    /// <param name="schedulers">Its schedulers, stepped in this order.</param>
    /// <exception cref="ArgumentException">A scheduler belongs to another optimizer, or lacks the metric that it wants.</exception>
    public OptimizerSetup(optim.Optimizer optimizer, params IEnumerable<SchedulerConfiguration> schedulers)
        : this([new OptimizerConfiguration(optimizer, schedulers)])
    {
    }

    /// <summary>Asks for several optimizers.</summary>
    /// <param name="optimizers">The optimizers; the trainer disposes them at the end of the fit.</param>
    /// <exception cref="ArgumentException">There is none, or one is there twice.</exception>
    public OptimizerSetup(IReadOnlyList<OptimizerConfiguration> optimizers)
    {
        ArgumentNullException.ThrowIfNull(optimizers);
        if (optimizers.Count == 0)
        {
            throw new ArgumentException("A training needs at least one optimizer.", nameof(optimizers));
        }

        if (optimizers.Select(configuration => configuration.Optimizer).Distinct(ReferenceEqualityComparer.Instance).Count() != optimizers.Count)
        {
            throw new ArgumentException("An optimizer is named twice. Give it once, with all its schedulers.", nameof(optimizers));
        }

        Optimizers = [.. optimizers];
    }

    /// <summary>The optimizers with their schedulers, in the order in which they step.</summary>
    public IReadOnlyList<OptimizerConfiguration> Optimizers { get; }

    /// <summary>The first optimizer.</summary>
    public optim.Optimizer Optimizer => Optimizers[0].Optimizer;

    /// <summary>Asks for one optimizer.</summary>
    /// <param name="optimizer">The optimizer.</param>
    public static implicit operator OptimizerSetup(optim.Optimizer optimizer) => new(optimizer);
}
