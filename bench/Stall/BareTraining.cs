using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Stall;

/// <summary>A training loop written by hand: a multilayer perceptron, mean squared error, Adam: TorchSharp's or the fused one.</summary>
internal sealed class BareTraining : IDisposable
{
    private readonly Sequential _module;
    private readonly OptimizerHelper _optimizer;
    private readonly Tensor _input;
    private readonly Tensor _target;

    public BareTraining(int width, int layers, int batch, bool isFused = false)
    {
        manual_seed(1);
        _module = nn.Sequential(Enumerable.Range(0, layers).SelectMany(layer => new (string, nn.Module<Tensor, Tensor>)[]
        {
            ($"linear{layer}", nn.Linear(width, width)),
            ($"relu{layer}", nn.ReLU()),
        }).ToArray());
        _optimizer = isFused ? new FusedAdam(_module.parameters(), 1e-4) : optim.Adam(_module.parameters(), 1e-4);
        _input = randn(batch, width);
        _target = randn(batch, width);
    }

    /// <summary>Forward and backward.</summary>
    public void Compute()
    {
        using var scope = NewDisposeScope();
        _optimizer.zero_grad();
        using var loss = nn.functional.mse_loss(_module.call(_input), _target);
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
        _input.Dispose();
        _target.Dispose();
    }
}
