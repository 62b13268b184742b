using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>What one fit works on: the module, its optimizer and the parameters that it changes.</summary>
internal sealed class FitSession : IDisposable
{
    private readonly Parameter[] _parameters;

    public FitSession(TrainingModule module, optim.Optimizer optimizer)
    {
        Module = module;
        Optimizer = optimizer;
        _parameters = [.. optimizer.parameters()];
    }

    public TrainingModule Module { get; }

    public optim.Optimizer Optimizer { get; }

    /// <summary>Lets go of all gradients, so that the next backward starts anew.</summary>
    public void ClearGradients()
    {
        foreach (var parameter in _parameters)
        {
            parameter.grad = null;
        }
    }

    public void ClipGradients(double norm) => nn.utils.clip_grad_norm_(_parameters, norm);

    /// <summary>The gradients that wait for the next optimizer step, by the number of the parameter.</summary>
    public StateMap CaptureGradients()
    {
        var gradients = new StateMap();
        for (var index = 0; index < _parameters.Length; index++)
        {
            if (_parameters[index].grad is { } gradient)
            {
                gradients[index] = TensorData.FromTensor(gradient);
            }
        }

        return gradients;
    }

    public void ApplyGradients(StateMap gradients)
    {
        foreach (var (key, value) in gradients)
        {
            using var gradient = value.AsTensor().ToTensor();
            var parameter = _parameters[key.Number];
            parameter.grad = gradient.to(parameter.device);
        }
    }

    public void Dispose() => Optimizer.Dispose();
}
