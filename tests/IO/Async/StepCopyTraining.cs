using TorchSharp;
using TorchSharp.Modules;

namespace Fulgurite.Tests.IO.Async;

/// <summary>Three parameters and their optimizer, and a strategy that saves them in the background.</summary>
internal sealed class StepCopyTraining : IDisposable
{
    public StepCopyTraining(CheckpointIO inner, AsyncCheckpointOptions? options = null, bool amsgrad = false)
    {
        CheckpointIO = new AsyncCheckpointIO(inner, options);
        Strategy = new SingleDeviceStrategy(CheckpointIO);
        Adam = new FusedAdamW([Large, Medium, Small], 1e-2, amsgrad: amsgrad);
        State = StateOf(1);
        Expected = StateCopies.Copy(State);
    }

    public Parameter Large { get; } = nn.Parameter(zeros(20_000));

    public Parameter Medium { get; } = nn.Parameter(zeros(3_000));

    public Parameter Small { get; } = nn.Parameter(zeros(9));

    public SingleDeviceStrategy Strategy { get; }

    public AsyncCheckpointIO CheckpointIO { get; }

    public FusedAdamW Adam { get; }

    public TrainingState State { get; }

    /// <summary>Gets a copy of the state that <see cref="Save"/> saves.</summary>
    public TrainingState Expected { get; }

    public SaveOperation Save(string path = "a") => Strategy.SaveCheckpoint(State, path, null);

    public void Step()
    {
        (Large.grad, Medium.grad, Small.grad) = (ones(20_000), ones(3_000), ones(9));
        Strategy.OptimizerStep(Adam);
    }

    /// <summary>Returns the parameters, one of them tied under two names, and the state of an optimizer.</summary>
    public TrainingState StateOf(int number)
    {
        static TensorData Live(Tensor tensor) => TensorData.FromTensor(tensor, TensorStability.UntilOptimizerStep);
        var state = new TrainingState
        {
            ["number"] = number,
            ["large"] = Live(Large),
            ["tied"] = Live(Large),
            ["medium"] = Live(Medium),
            ["small"] = Live(Small),
        };
        foreach (var (index, entry) in Adam.state_dict().State.Cast<AdamW.State>().Index())
        {
            state[$"mean{index}"] = Live(entry.exp_avg);
            state[$"square{index}"] = Live(entry.exp_avg_sq);
            if (entry.max_exp_avg_sq is not null)
            {
                state[$"max{index}"] = Live(entry.max_exp_avg_sq);
            }
        }

        return state;
    }

    public void Dispose()
    {
        Expected.Dispose();
        State.Dispose();
        Adam.Dispose();
        Strategy.Dispose();
        foreach (var parameter in new[] { Large, Medium, Small })
        {
            parameter.Dispose();
        }
    }
}
