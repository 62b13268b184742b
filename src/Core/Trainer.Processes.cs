using Fulgurite.Metrics;
using Fulgurite.Strategies;
using static TorchSharp.torch;

namespace Fulgurite;

/// <content>What several processes that train together decide together.</content>
public sealed partial class Trainer
{
    private bool _stopRequested;
    private bool _stopAgreed;

    /// <summary>Whether the run was cancelled in another process, and so in all.</summary>
    internal bool CancelledTogether { get; private set; }

    /// <summary>At a step boundary: what one process wants, all do, at the same step.</summary>
    private void Agree(CancellationToken cancellation)
    {
        _stopAgreed = Strategy.ReduceDecision(_stopRequested, all: false);
        Limits.Agree();
        CancelledTogether = Strategy.ReduceDecision(cancellation.IsCancellationRequested, all: false);
        if (CancelledTogether)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>What all processes have gathered of a metric. Of values that replace one another that of rank 0 counts.</summary>
    private MetricAggregate Gather(MetricAggregate own)
    {
        using var scope = NewDisposeScope();
        if (own.Reduction == MetricReduction.Last)
        {
            return own with { Value = Strategy.Broadcast(own.Value) };
        }

        var operation = own.Reduction switch
        {
            MetricReduction.Min => ReduceOperation.Min,
            MetricReduction.Max => ReduceOperation.Max,
            _ => ReduceOperation.Sum,
        };
        var both = Strategy.Reduce(tensor([own.Value, own.Weight], device: Strategy.RootDevice), operation).cpu().data<double>().ToArray();
        return own with { Value = both[0], Weight = both[1] };
    }
}
