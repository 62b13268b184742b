using Fulgurite.State;

namespace Fulgurite;

/// <summary>The values of a metric accumulated in an epoch or evaluation.</summary>
/// <param name="Value">The weighted sum for a mean; otherwise, the reduced value.</param>
/// <param name="Weight">The total weight.</param>
/// <param name="Reduction">The reduction.</param>
/// <param name="ProgressBar">Whether it is shown in the progress bar.</param>
/// <param name="HasSteps">Whether loggers receive step values under the same name, so that the reduced value needs another name.</param>
internal readonly record struct MetricAggregate(double Value, double Weight, MetricReduction Reduction, bool ProgressBar, bool HasSteps = false)
{
    public double Result => Reduction == MetricReduction.Mean ? Value / Weight : Value;

    public static MetricAggregate First(double value, MetricOptions options, bool hasSteps) => new(
        options.Reduction is MetricReduction.Mean or MetricReduction.Sum ? value * options.Weight : value,
        options.Weight,
        options.Reduction,
        options.ProgressBar,
        hasSteps);

    public static MetricAggregate Load(StateList parts) => new(
        parts[0].AsReal(),
        parts[1].AsReal(),
        parts.Count > 3 ? Enum.Parse<MetricReduction>(parts[3].AsText()) : MetricReduction.Mean,
        parts[2].AsBoolean(),
        parts.Count > 4 && parts[4].AsBoolean());

    public MetricAggregate Add(double value, MetricOptions options) => new(
        options.Reduction switch
        {
            MetricReduction.Mean or MetricReduction.Sum => Value + (value * options.Weight),
            MetricReduction.Min => Math.Min(Value, value),
            MetricReduction.Max => Math.Max(Value, value),
            _ => value,
        },
        Weight + options.Weight,
        options.Reduction,
        options.ProgressBar,
        HasSteps);

    public StateList StateDict() => new([Value, Weight, ProgressBar, Reduction.ToString(), HasSteps]);
}
