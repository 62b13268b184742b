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
}
