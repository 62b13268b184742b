using static TorchSharp.torch;

namespace Fulgurite.Optimizers;

/// <summary>What a module asks to be trained with. A single optimizer converts to it.</summary>
public sealed class OptimizerSetup
{
    /// <summary>Asks for one optimizer.</summary>
    /// <param name="optimizer">The optimizer; the trainer disposes it at the end of the fit.</param>
    public OptimizerSetup(optim.Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        Optimizer = optimizer;
    }

    /// <summary>The optimizer.</summary>
    public optim.Optimizer Optimizer { get; }

    /// <summary>Asks for one optimizer.</summary>
    /// <param name="optimizer">The optimizer.</param>
    public static implicit operator OptimizerSetup(optim.Optimizer optimizer) => new(optimizer);
}
