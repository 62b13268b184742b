namespace Fulgurite.Numerics;

/// <summary>A loss, a gradient or a parameter is no finite number (<see cref="TrainerOptions.DetectAnomaly"/>).</summary>
public sealed class NonFiniteValueException : ArithmeticException
{
    /// <summary>Makes one.</summary>
    /// <param name="message">Which tensor, where in the run, and what to do.</param>
    /// <param name="tensor">The name of the tensor in the module; null for the loss.</param>
    /// <param name="globalStep">The number of optimizer steps done before.</param>
    /// <param name="innerException">The error of libtorch, or null.</param>
    public NonFiniteValueException(string message, string? tensor, long globalStep, Exception? innerException = null)
        : base(message, innerException) => (Tensor, GlobalStep) = (tensor, globalStep);

    /// <summary>The name of the tensor in the module, such as <c>encoder.0.weight</c>; null for the loss.</summary>
    public string? Tensor { get; }

    /// <summary>The number of optimizer steps done before.</summary>
    public long GlobalStep { get; }
}
