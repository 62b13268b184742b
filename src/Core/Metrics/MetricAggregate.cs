using Fulgurite.State;

namespace Fulgurite;

/// <summary>The values of a metric accumulated in an epoch or evaluation.</summary>
/// <param name="Value">The weighted sum for a mean, in units of <paramref name="Unit"/>; otherwise, the reduced value.</param>
/// <param name="Weight">The total weight, in units of <paramref name="Unit"/>.</param>
/// <param name="Reduction">The reduction.</param>
/// <param name="ProgressBar">Whether it is shown in the progress bar.</param>
/// <param name="HasSteps">Whether loggers receive step values under the same name, so that the reduced value needs another name.</param>
/// <param name="Unit">The weight of the first value of a mean. Equal weights then become 1, so that the mean is rounded like an unweighted one.</param>
internal readonly record struct MetricAggregate(double Value, double Weight, MetricReduction Reduction, bool ProgressBar, bool HasSteps = false, double Unit = 1)
{
    public double Result => Reduction == MetricReduction.Mean ? Value / Weight : Value;

    public static MetricAggregate First(double value, MetricOptions options, bool hasSteps) => new(
        options.Reduction == MetricReduction.Sum ? value * options.Weight : value,
        Weight: 1,
        options.Reduction,
        options.ProgressBar,
        hasSteps,
        options.Reduction == MetricReduction.Mean ? options.Weight : 1);

    public static MetricAggregate Load(StateList parts) => new(
        parts[0].AsReal(),
        parts[1].AsReal(),
        parts.Count > 3 ? Enum.Parse<MetricReduction>(parts[3].AsText()) : MetricReduction.Mean,
        parts[2].AsBoolean(),
        parts.Count > 4 && parts[4].AsBoolean(),
        parts.Count > 5 ? parts[5].AsReal() : 1);

    public MetricAggregate Add(double value, MetricOptions options) => new(
        options.Reduction switch
        {
            MetricReduction.Mean => Value + (value * (options.Weight / Unit)),
            MetricReduction.Sum => Value + (value * options.Weight),
            MetricReduction.Min => Math.Min(Value, value),
            MetricReduction.Max => Math.Max(Value, value),
            _ => value,
        },
        Weight + (options.Weight / Unit),
        options.Reduction,
        options.ProgressBar,
        HasSteps,
        Unit);

    public StateList StateDict() => new([Value, Weight, ProgressBar, Reduction.ToString(), HasSteps, Unit]);
}
