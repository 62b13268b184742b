using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

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
        var both = strategy.Collectives.AllReduce(NativeTensor.Of([own.Value * own.Unit, own.Weight * own.Unit], 2).to(strategy.RootDevice), operation).cpu().data<double>().ToArray();
        return own with { Value = both[0], Weight = both[1], Unit = 1 };
    }

    /// <summary>Replaces the state of a metric by the merged states of all processes, in the order of ranks, the same in each process.</summary>
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
