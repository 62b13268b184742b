using System.Collections;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Training;

/// <summary>What a whole training does, for a loop by hand and for a trainer.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
internal abstract class TrainingWork<TBatch>
{
    /// <summary>Gets the batches to train on, the same for all arms.</summary>
    public abstract IBatchSource<TBatch> Batches { get; }

    /// <summary>Gets the batches to validate after each epoch.</summary>
    public abstract IEnumerable<TBatch> ValidationBatches { get; }

    /// <summary>Gets the limit of the global norm of the gradients; null for none.</summary>
    public virtual double? ClipNorm => null;

    /// <summary>Creates the network with random weights.</summary>
    public abstract nn.Module<Tensor, Tensor> CreateNetwork();

    /// <summary>Creates the optimizer.</summary>
    /// <param name="network">The network.</param>
    /// <param name="isFused">Whether to use Fulgurite's instead of TorchSharp's.</param>
    public abstract optim.Optimizer CreateOptimizer(nn.Module network, bool isFused);

    /// <summary>Computes the loss of a batch.</summary>
    public abstract Tensor Loss(nn.Module<Tensor, Tensor> network, TBatch batch);
}

/// <summary>The first batches of each epoch of another source.</summary>
internal sealed class FirstBatches<TBatch>(IBatchSource<TBatch> source, int count) : IBatchSource<TBatch>
{
    public int? BatchCount => source.BatchCount is { } all ? Math.Min(all, count) : null;

    public IEnumerable<TBatch> GetBatches(int epoch, int skip) => source.GetBatches(epoch, skip).Take(Math.Max(0, count - skip));

    public IEnumerator<TBatch> GetEnumerator() => GetBatches(epoch: 0, skip: 0).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
