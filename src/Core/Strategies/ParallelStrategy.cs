using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// The base class of strategies of several processes that hold the same model and train on data of their own (data parallelism). A derived
/// class provides <see cref="Strategy.RootDevice"/> and the <see cref="ProcessCollectives"/> of its transport.
/// </summary>
/// <remarks>
/// Gradients are averaged after every <see cref="Backward"/>, so that all processes take the same step. Rank 0 writes checkpoints, and all
/// processes report at the same step how a save has ended.
/// </remarks>
public abstract partial class ParallelStrategy : Strategy
{
    private readonly ProcessCollectives _collectives;
    private readonly List<Parameter> _parameters = [];

    /// <summary>Initializes a strategy.</summary>
    /// <param name="checkpointIO">Writes, reads and removes checkpoints, in rank 0; owned by the strategy from now on.</param>
    /// <param name="collectives">The collectives of the processes.</param>
    protected ParallelStrategy(CheckpointIO checkpointIO, ProcessCollectives collectives)
        : base(checkpointIO)
    {
        ArgumentNullException.ThrowIfNull(collectives);
        _collectives = collectives;
    }

    /// <inheritdoc/>
    public sealed override ICollectives Collectives => _collectives;

    /// <inheritdoc/>
    public override void SetUp(nn.Module module, Precision? precision = null)
    {
        base.SetUp(module, precision);
        _collectives.StartRun();
        _parameters.Clear();

        // Frozen parameters too: they may be unfrozen during training, in all processes alike.
        _parameters.AddRange(module.parameters());
        using var _ = no_grad();
        foreach (var tensor in module.state_dict().Values)
        {
            using var weights = Collectives.Broadcast(tensor);
            if (!Collectives.IsRankZero)
            {
                tensor.copy_(weights);
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(Tensor loss)
    {
        base.Backward(loss);
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var trained = _parameters.FindAll(parameter => parameter.requires_grad);
        foreach (var parameter in trained.Zip(UsedByAny(trained)).Where(each => each.Second != 0).Select(each => each.First))
        {
            using var own = parameter.grad;
            parameter.grad = Collectives.AllReduce(own ?? zeros_like(parameter));
        }
    }

    /// <summary>Which parameters have a gradient in some process: the loss of this one need not use all of them.</summary>
    private byte[] UsedByAny(List<Parameter> parameters)
    {
        var used = parameters.ConvertAll(parameter =>
        {
            using var gradient = parameter.grad;
            return (byte)(gradient is null ? 0 : 1);
        });
        return Collectives.AllReduce(tensor(used, device: RootDevice), ReduceOperation.Max).cpu().data<byte>().ToArray();
    }
}
