using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// A copy in memory of a module, the position of its data and the state of the random number generator, restored after a trial.
/// </summary>
internal sealed class ModuleSnapshot : IDisposable
{
    private readonly Trainer _trainer;
    private readonly nn.Module _module;
    private readonly Dictionary<string, Tensor> _weights = new(StringComparer.Ordinal);
    private readonly List<(nn.Module Part, bool Training)> _modes;
    private readonly List<(string Name, bool Trained)> _trained;
    private readonly (IStatefulSource Source, StateMap State)? _data;
    private readonly TensorData _random;

    public ModuleSnapshot(Trainer trainer, nn.Module module, object data)
    {
        ModuleWeights.CheckSavable(module);
        _trainer = trainer;
        _module = module;
        _random = RandomState.Capture();
        _modes = [.. module.modules().Prepend(module).Select(part => (part, part.training))];
        _trained = [.. module.named_parameters().Select(entry => (entry.name, entry.parameter.requires_grad))];
        _data = data is IStatefulSource source ? (source, source.StateDict()) : null;
        using var _ = no_grad();
        foreach (var (name, tensor) in module.state_dict())
        {
            _weights[name] = tensor.detach().clone().DetachFromDisposeScope();
        }
    }

    public void Restore()
    {
        _trainer.Strategy.CheckpointIO.BeforeParametersChange();
        using (no_grad())
        {
            foreach (var (name, tensor) in _module.state_dict())
            {
                tensor.copy_(_weights[name]);
            }
        }

        var parameters = _module.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter, StringComparer.Ordinal);
        foreach (var (name, trained) in _trained)
        {
            parameters[name].grad = null;
            parameters[name].requires_grad = trained;
        }

        // A module comes before its submodules, whose own modes are set afterwards.
        foreach (var (part, training) in _modes)
        {
            part.train(training);
        }

        _data?.Source.LoadStateDict(_data.Value.State);
        RandomState.Apply(_random);
    }

    public void Dispose()
    {
        foreach (var tensor in _weights.Values)
        {
            tensor.Dispose();
        }
    }
}
