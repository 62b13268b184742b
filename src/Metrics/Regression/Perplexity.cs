namespace Fulgurite.Metrics;

/// <summary>The exponential of the mean cross-entropy per token.</summary>
public sealed class Perplexity : Metric
{
    /// <summary>Initializes a perplexity.</summary>
    public Perplexity()
        : base(2)
    {
    }

    /// <summary>Adds a batch by its loss.</summary>
    /// <param name="meanLoss">The mean cross-entropy per token, in nats.</param>
    /// <param name="tokens">The number of tokens.</param>
    public void Update(double meanLoss, double tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        Sums[0] += meanLoss * tokens;
        Sums[1] += tokens;
    }

    /// <summary>Adds a batch by its logits.</summary>
    /// <param name="logits">The logits [N, classes].</param>
    /// <param name="targets">The classes [N].</param>
    /// <param name="ignoreIndex">The target of tokens that do not count. Default: -100.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public void Update(Tensor logits, Tensor targets, long ignoreIndex = -100)
    {
        TensorValues.CheckRows(logits, targets);
        using var scope = NewDisposeScope();
        var loss = nn.functional.cross_entropy(
            logits.detach(), targets.to(ScalarType.Int64), ignore_index: ignoreIndex, reduction: nn.Reduction.Sum);
        Sums[0] += loss.ToDoubles()[0];
        using TorchSharp.Scalar ignored = ignoreIndex;
        Sums[1] += targets.ne(ignored).sum().ToDoubles()[0];
    }

    /// <inheritdoc/>
    public override double Compute() => Math.Exp(Ratio(Sums[0], Sums[1]));
}
