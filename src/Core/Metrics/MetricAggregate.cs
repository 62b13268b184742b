using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The values of a metric accumulated in an epoch or evaluation.</summary>
/// <param name="Value">The weighted sum for a mean, in units of <paramref name="Unit"/>; otherwise, the reduced value.</param>
/// <param name="Weight">The total weight, in units of <paramref name="Unit"/>.</param>
/// <param name="Reduction">The reduction.</param>
/// <param name="ProgressBar">Whether it is shown in the progress bar.</param>
/// <param name="HasSteps">Whether loggers receive step values under the same name, so that the reduced value needs another name.</param>
/// <param name="Unit">The weight of the first value of a mean. Equal weights then become 1, so that the mean is rounded like an unweighted
/// one.</param>
internal readonly record struct MetricAggregate(
    double Value, double Weight, MetricReduction Reduction, bool ProgressBar, bool HasSteps = false, double Unit = 1)
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

/// <summary>Reduces the aggregates of a metric across processes.</summary>
internal sealed class MetricGathering(IStrategy strategy)
{
    /// <summary>Returns the aggregate across all processes. For the latest value, rank 0 counts.</summary>
    public MetricAggregate Gather(MetricAggregate own)
    {
        using var scope = NewDisposeScope();
        if (own.Reduction == MetricReduction.Last)
        {
            return own with { Value = strategy.Collectives.Broadcast(own.Value) };
        }

        var operation = own.Reduction switch
        {
            MetricReduction.Min => ReduceOperation.Min,
            MetricReduction.Max => ReduceOperation.Max,
            _ => ReduceOperation.Sum,
        };
        var both = strategy.Collectives.AllReduce(
            NativeTensor.Of([own.Value * own.Unit, own.Weight * own.Unit], 2).to(strategy.RootDevice),
            operation).cpu().data<double>().ToArray();
        return own with { Value = both[0], Weight = both[1], Unit = 1 };
    }

    /// <summary>
    /// Replaces the state of a metric by the merged states of all processes, in the order of ranks, the same in each process.
    /// </summary>
    public void Merge(IMergeableMetric metric)
    {
        using var scope = NewDisposeScope();
        var own = metric.Pack();
        var lengths = Gather([own.Length]);
        var longest = (int)lengths.Max();
        Array.Resize(ref own, longest);
        var all = longest == 0 ? [] : Gather(own);
        metric.Reset();
        for (var rank = 0; rank < lengths.Length; rank++)
        {
            metric.Merge(all.AsSpan(rank * longest, (int)lengths[rank]));
        }
    }

    private double[] Gather(double[] own) =>
        strategy.Collectives.AllGather(NativeTensor.Of<double>(own, own.Length).to(strategy.RootDevice)).cpu().data<double>().ToArray();
}
