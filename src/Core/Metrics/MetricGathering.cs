using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Makes one of what several processes have gathered of a metric.</summary>
internal sealed class MetricGathering(IStrategy strategy)
{
    /// <summary>What all have gathered. Of values that replace one another that of rank 0 counts.</summary>
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
