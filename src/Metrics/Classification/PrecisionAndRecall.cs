namespace Fulgurite.Metrics;

/// <summary>The fraction of predicted positives that are correct.</summary>
public sealed class PrecisionScore : ClassCounts
{
    private PrecisionScore(int classes, Averaging averaging, double? threshold)
        : base(classes, averaging, threshold)
    {
    }

    /// <summary>Creates the metric of class 1 for targets 0 and 1.</summary>
    /// <param name="threshold">The lowest score that predicts 1. Use 0 for logits. Default: 0.5.</param>
    public static PrecisionScore Binary(double threshold = 0.5) => new(1, Averaging.Micro, threshold);

    /// <summary>Creates a metric for one class per item.</summary>
    /// <param name="classes">The number of classes.</param>
    /// <param name="averaging">The reduction. Default: <see cref="Averaging.Macro"/>.</param>
    public static PrecisionScore MultiClass(int classes, Averaging averaging = Averaging.Macro) => new(classes, averaging, threshold: null);

    /// <summary>Creates a metric for several labels per item.</summary>
    /// <param name="labels">The number of labels.</param>
    /// <param name="averaging">The reduction. Default: <see cref="Averaging.Macro"/>.</param>
    /// <param name="threshold">The lowest score that predicts a label. Use 0 for logits. Default: 0.5.</param>
    public static PrecisionScore MultiLabel(int labels, Averaging averaging = Averaging.Macro, double threshold = 0.5) =>
        new(labels, averaging, threshold);

    private protected override double Value(double truePositives, double falsePositives, double falseNegatives) =>
        Fraction(truePositives, truePositives + falsePositives);
}

/// <summary>The fraction of actual positives that are predicted.</summary>
public sealed class RecallScore : ClassCounts
{
    private RecallScore(int classes, Averaging averaging, double? threshold)
        : base(classes, averaging, threshold)
    {
    }

    /// <inheritdoc cref="PrecisionScore.Binary"/>
    public static RecallScore Binary(double threshold = 0.5) => new(1, Averaging.Micro, threshold);

    /// <inheritdoc cref="PrecisionScore.MultiClass"/>
    public static RecallScore MultiClass(int classes, Averaging averaging = Averaging.Macro) => new(classes, averaging, threshold: null);

    /// <inheritdoc cref="PrecisionScore.MultiLabel"/>
    public static RecallScore MultiLabel(int labels, Averaging averaging = Averaging.Macro, double threshold = 0.5) =>
        new(labels, averaging, threshold);

    private protected override double Value(double truePositives, double falsePositives, double falseNegatives) =>
        Fraction(truePositives, truePositives + falseNegatives);
}

/// <summary>The harmonic mean of precision and recall.</summary>
public sealed class F1Score : ClassCounts
{
    private F1Score(int classes, Averaging averaging, double? threshold)
        : base(classes, averaging, threshold)
    {
    }

    /// <inheritdoc cref="PrecisionScore.Binary"/>
    public static F1Score Binary(double threshold = 0.5) => new(1, Averaging.Micro, threshold);

    /// <inheritdoc cref="PrecisionScore.MultiClass"/>
    public static F1Score MultiClass(int classes, Averaging averaging = Averaging.Macro) => new(classes, averaging, threshold: null);

    /// <inheritdoc cref="PrecisionScore.MultiLabel"/>
    public static F1Score MultiLabel(int labels, Averaging averaging = Averaging.Macro, double threshold = 0.5) =>
        new(labels, averaging, threshold);

    private protected override double Value(double truePositives, double falsePositives, double falseNegatives) =>
        Fraction(2 * truePositives, (2 * truePositives) + falsePositives + falseNegatives);
}
