using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Stall;

/// <summary>A training loop written by hand, with Adam: TorchSharp's or the fused one.</summary>
internal sealed class BareTraining : IDisposable
{
    private readonly nn.Module _module;
    private readonly Func<Tensor> _loss;
    private readonly OptimizerHelper _optimizer;
    private readonly IReadOnlyList<IDisposable> _inputs;

    /// <summary>Initializes the training of any module.</summary>
    /// <param name="module">The module; disposed with this object.</param>
    /// <param name="loss">Computes the loss of a step.</param>
    /// <param name="inputs">What <paramref name="loss"/> reads; disposed with this object.</param>
    /// <param name="isFused">True for the fused optimizer.</param>
    public BareTraining(nn.Module module, Func<Tensor> loss, IReadOnlyList<IDisposable> inputs, bool isFused)
    {
        (_module, _loss, _inputs) = (module, loss, inputs);
        _optimizer = isFused ? new FusedAdam(module.parameters(), 1e-4) : optim.Adam(module.parameters(), 1e-4);
    }

    /// <summary>Creates the training of a multilayer perceptron with the mean squared error.</summary>
    public static BareTraining OfPerceptron(int width, int layers, int batch, bool isFused = false)
    {
        manual_seed(1);
        var module = nn.Sequential(Enumerable.Range(0, layers).SelectMany(layer => new (string, nn.Module<Tensor, Tensor>)[]
        {
            ($"linear{layer}", nn.Linear(width, width)),
            ($"relu{layer}", nn.ReLU()),
        }).ToArray());
        var (input, target) = (randn(batch, width), randn(batch, width));
        return new BareTraining(module, () => nn.functional.mse_loss(module.call(input), target), [input, target], isFused);
    }

    /// <summary>Forward and backward.</summary>
    public void Compute()
    {
        using var scope = NewDisposeScope();
        _optimizer.zero_grad();
        using var loss = _loss();
        loss.backward();
    }

    /// <summary>The fence before the step, as a strategy passes it: an optimizer that copies in its step is announced.</summary>
    public void Fence(CheckpointIO? io)
    {
        if (_optimizer is IStepCopies copies)
        {
            io?.GetCapability<ICheckpointCapture>()?.CopyInNextStep(copies);
        }

        io?.BeforeParametersChange();
    }

    public void OptimizerStep()
    {
        using var scope = NewDisposeScope();
        _optimizer.step();
        (_optimizer as IStepCopies)?.Finish();
    }

    /// <summary>The full state, live, as a trainer captures it.</summary>
    public TrainingState ToState(int step)
    {
        var stability = _optimizer is IStepCopies ? TensorStability.UntilOptimizerStep : TensorStability.UntilParametersChange;
        var weights = new StateMap();
        foreach (var (name, tensor) in _module.state_dict())
        {
            weights.Add(name, TensorData.FromTensor(tensor, stability));
        }

        var states = new StateMap();
        var live = _optimizer.state_dict().State;
        for (var index = 0; index < live.Count; index++)
        {
            var state = (Adam.State)live[index];
            states.Add(index, new StateMap
            {
                ["step"] = state.step,
                ["exp_avg"] = TensorData.FromTensor(state.exp_avg, stability),
                ["exp_avg_sq"] = TensorData.FromTensor(state.exp_avg_sq, stability),
            });
        }

        return new TrainingState
        {
            ["global_step"] = step,
            ["state_dict"] = weights,
            ["optimizer_states"] = new StateList([new StateMap { ["state"] = states }]),
        };
    }

    /// <summary>The full state as a TorchSharp user saves it by hand: two files, not synced.</summary>
    public void SaveByHand(string path)
    {
        using var scope = NewDisposeScope();
        _module.save(path);
        _optimizer.save_state_dict(path + ".optimizer");
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _module.Dispose();
        foreach (var input in _inputs)
        {
            input.Dispose();
        }
    }
}
