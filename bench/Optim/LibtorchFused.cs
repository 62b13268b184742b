using static TorchSharp.torch;

namespace Fulgurite.Bench.Optim;

/// <summary>The fused AdamW of libtorch itself, which TorchSharp does not expose.</summary>
internal sealed class LibtorchFused(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients) : IDisposable
{
    private readonly Tensor[] _means = [.. parameters.Select(parameter => zeros_like(parameter))];
    private readonly Tensor[] _squares = [.. parameters.Select(parameter => zeros_like(parameter))];
    private readonly Tensor _step = zeros([], dtype: ScalarType.Float32);

    public void Step(double rate, double decay)
    {
        using var _ = no_grad();
        using TorchSharp.Scalar one = 1;
        _step.add_(one);
        TorchOperators.Call("aten::_fused_adamw_\0"u8, [
            TorchOperators.ToList(parameters), TorchOperators.ToList(gradients), TorchOperators.ToList(_means),
            TorchOperators.ToList(_squares),
            TorchOperators.ToList([]), TorchOperators.ToList([.. parameters.Select(_ => _step)]),
            TorchOperators.ToBits(rate), TorchOperators.ToBits(0.9), TorchOperators.ToBits(0.999), TorchOperators.ToBits(decay),
            TorchOperators.ToBits(1e-8), 0, 0, 0, 0]);
    }

    public void Dispose()
    {
        Array.ForEach(_means, tensor => tensor.Dispose());
        Array.ForEach(_squares, tensor => tensor.Dispose());
        _step.Dispose();
    }
}
