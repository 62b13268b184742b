namespace Fulgurite.Bench.Stall;

/// <summary>A multilayer perceptron by the size of its state.</summary>
/// <param name="Width">Features of each layer.</param>
/// <param name="Layers">How many of them.</param>
internal readonly record struct StallShape(int Width, int Layers)
{
    /// <summary>As many layers as make a state of about that size: weights, and Adam's two averages of each.</summary>
    /// <param name="gibibytes">The size.</param>
    public static StallShape OfSize(double gibibytes)
    {
        if (gibibytes is not (> 0 and <= 1024))
        {
            throw new ArgumentOutOfRangeException(
                nameof(gibibytes), gibibytes, "--state-gb is the size of the state in GiB: more than 0, and no more than 1024.");
        }

        // Wider layers for larger states, so that a step does not become all the state's memory traffic; narrow ones where the state is
        // tiny.
        var width = gibibytes switch { < 0.05 => 256, < 2 => 2048, _ => 4096 };
        var layer = 3L * sizeof(float) * width * (width + 1);
        return new StallShape(width, Math.Max(1, (int)Math.Round(gibibytes * (1L << 30) / layer)));
    }
}
