using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The identity, whose backward pass reports that it has come this far.</summary>
/// <remarks>
/// libtorch runs what the forward pass has created last first. When the backward pass of a mark runs, that of everything after it has run.
/// </remarks>
internal sealed class BlockMark : autograd.SingleTensorFunction<BlockMark>
{
    private const string Reached = nameof(Reached);

    public override string Name => nameof(BlockMark);

    /// <summary>Marks the input of a block.</summary>
    /// <param name="input">The input.</param>
    /// <param name="reached">
    /// Called by the backward pass with the gradient, which it keeps until the end of that pass. It does not throw.
    /// </param>
    public static Tensor On(Tensor input, Action<Tensor> reached) =>
        is_grad_enabled() && input.requires_grad ? apply(input, reached) : input;

    public override Tensor forward(autograd.AutogradContext context, params object[] values)
    {
        context.save_data(Reached, values[1]);
        return ((Tensor)values[0]).alias();
    }

    public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
    {
        ((Action<Tensor>)context.get_data(Reached))(gradient);
        return [gradient, null!];
    }
}
