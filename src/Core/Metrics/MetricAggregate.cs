using Fulgurite.State;

namespace Fulgurite;

/// <summary>What a metric has gathered in an epoch or an evaluation.</summary>
/// <param name="Value">The weighted sum for a mean, in units of <paramref name="Unit"/>, else the reduced value.</param>
/// <param name="Weight">The weight in all, in units of <paramref name="Unit"/>.</param>
/// <param name="Reduction">How values become one.</param>
/// <param name="ProgressBar">Whether the progress line shows it.</param>
/// <param name="HasSteps">Whether loggers get single values under the same name, so that the reduced one needs a name of its own there.</param>
/// <param name="Unit">The weight of the first value of a mean. Batches of one size weigh 1 each, so that their mean is rounded like one without weights.</param>
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
