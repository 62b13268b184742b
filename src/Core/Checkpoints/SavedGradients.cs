using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The gradients of an incomplete accumulation window in a checkpoint, compared with the parameters they belong to.</summary>
internal sealed class SavedGradients : IDisposable
{
    private readonly List<(Parameter Parameter, Tensor Gradient)> _gradients = [];

    /// <summary>Reads the gradients without changing a parameter.</summary>
    /// <param name="saved">The result of <see cref="FitSession.CaptureGradients"/>; null for none.</param>
    /// <param name="parameters">The parameters of the optimizers.</param>
    /// <exception cref="InvalidOperationException">A gradient does not fit.</exception>
    public SavedGradients(StateMap? saved, Parameter[] parameters)
    {
        using var scope = NewDisposeScope();
        foreach (var (key, value) in saved ?? [])
        {
            if (!key.IsNumber || key.Number < 0 || key.Number >= parameters.Length)
            {
                throw new InvalidOperationException(
                    $"It has the gradient of a parameter {key}, but the optimizers have {parameters.Length}. Train the same parameters.");
            }

            var parameter = parameters[key.Number];
            var gradient = SparseTensors.Restore(value, parameter.device);
            if (!gradient.shape.AsSpan().SequenceEqual(parameter.shape))
            {
                throw new InvalidOperationException(
                    $"Its gradient {key} has the shape [{string.Join(", ", gradient.shape)}], but its parameter has "
                        + $"[{string.Join(", ", parameter.shape)}]. Train the same parameters.");
            }

            // The precision may be another one than that of the checkpoint.
            _gradients.Add((parameter, gradient.dtype == parameter.dtype ? gradient : gradient.to(parameter.dtype)));
        }

        _gradients.ForEach(entry => entry.Gradient.DetachFromDisposeScope());
    }

    /// <summary>Sets the gradients.</summary>
    public void Apply() => _gradients.ForEach(entry => entry.Parameter.grad = entry.Gradient);

    /// <summary>Releases the handles; parameters keep their gradients.</summary>
    public void Dispose() => _gradients.ForEach(entry => entry.Gradient.Dispose());
}
