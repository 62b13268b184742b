using static TorchSharp.torch;

namespace Fulgurite.Bench.Exactness;

/// <summary>A model, a batch, and a step of training by hand.</summary>
/// <param name="module">The model.</param>
/// <param name="input">The batch.</param>
/// <param name="forward">Computes the output.</param>
internal sealed class ExactnessModel(nn.Module module, Tensor input, Func<Tensor, Tensor> forward) : IDisposable
{
    private readonly optim.Optimizer _optimizer = optim.SGD(module.parameters(), 0.001);

    public void Step()
    {
        using var scope = NewDisposeScope();
        foreach (var parameter in module.parameters())
        {
            parameter.grad = null;
        }

        forward(input).square().mean().backward();
        _optimizer.step();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        module.Dispose();
        input.Dispose();
    }
}
