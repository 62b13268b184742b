using Fulgurite.Callbacks;
using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Assembles the state of a checkpoint. The tensors of the result are live.</summary>
internal static class StateCapture
{
    // Lightning uses this version to migrate files.
    private const string LightningLayout = "2.5.0";

    /// <summary>Returns the state of a checkpoint, including entries that hooks of callbacks and module add.</summary>
    public static TrainingState Capture(Trainer trainer, FitSession session, bool weightsOnly)
    {
        var state = Describe(trainer, session, weightsOnly, isWhole: true);
        trainer.Run.Hooks.Call(new OnSaveCheckpointArguments(trainer, session.Module, state, weightsOnly));
        return state;
    }

    /// <summary>Returns the state of a checkpoint before hooks add to it.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="session">The session of the fit.</param>
    /// <param name="weightsOnly">Whether it excludes optimizers, callbacks and loops.</param>
    /// <param name="isWhole">
    /// Whether it includes what other processes contribute; all of them make the call then. If false, it has only the same tensors.
    /// </param>
    public static TrainingState Describe(Trainer trainer, FitSession session, bool weightsOnly, bool isWhole = false)
    {
        session.Fields.Check(saves: true);
        var state = new TrainingState
        {
            [CheckpointKeys.Epoch] = trainer.Run.Progress.Epochs,
            [CheckpointKeys.GlobalStep] = trainer.Run.Progress.GlobalStep,
            [CheckpointKeys.LightningVersion] = LightningLayout,
            [CheckpointKeys.StateDict] = Module(session),
            [CheckpointKeys.Loops] = LightningProgress.Write(trainer.Run.Progress, session.Module.AutomaticOptimization),
        };
        if (session.Module.HyperParameters is { } hyperParameters)
        {
            state[CheckpointKeys.HyperParameters] = hyperParameters;
        }

        if (!weightsOnly)
        {
            state[CheckpointKeys.Callbacks] = Callbacks(trainer.Run.Callbacks);
            state[CheckpointKeys.OptimizerStates] = new StateList(session.Optimizers.Select(optimizer => Optimizer(session, optimizer)));
            state[CheckpointKeys.LrSchedulers] = session.Schedulers.StateDict();
            state[CheckpointKeys.Fulgurite] = Own(trainer, session, isWhole);
        }

        return state;
    }

    private static StateMap Module(FitSession session)
    {
        var entries = new StateMap();
        var stepped = session.Optimizers.Where(optimizer => optimizer is IStepCopies).SelectMany(optimizer => optimizer.parameters())
            .ToHashSet<Tensor>(ReferenceEqualityComparer.Instance);
        foreach (var (name, tensor) in session.Module.state_dict())
        {
            // Buffers such as batch-norm statistics change in every forward pass; parameters only in optimizer steps.
            entries[name] = TensorData.FromTensor(tensor, StabilityOf(tensor, stepped));
        }

        return entries;
    }

    private static StateMap Optimizer(FitSession session, optim.Optimizer optimizer)
    {
        var state = OptimizerStates.Capture(optimizer, session.ParameterNames);
        session.Schedulers.WriteGroups(optimizer, state);
        return state;
    }

    private static TensorStability StabilityOf(Tensor tensor, HashSet<Tensor> stepped) => tensor switch
    {
        Parameter { requires_grad: false } => TensorStability.Frozen,
        Parameter when stepped.Contains(tensor) => TensorStability.UntilOptimizerStep,
        Parameter => TensorStability.UntilParametersChange,
        _ => TensorStability.Volatile,
    };

    private static StateMap Callbacks(CallbackList callbacks)
    {
        var entries = new StateMap();
        foreach (var callback in callbacks)
        {
            if (callback.StateDict() is { } entry)
            {
                entries[callback.StateKey] = entry;
            }
        }

        return entries;
    }

    private static StateMap Own(Trainer trainer, FitSession session, bool isWhole)
    {
        var own = new StateMap
        {
            ["progress"] = trainer.Run.Progress.StateDict(),
            ["metrics"] = trainer.Metrics.StateDict(),
            ["schedulers"] = session.Schedulers.Positions(),
            ["rng"] = RandomState.StateDict(trainer.Strategy.Collectives, isWhole),
            ["numerics"] = RunNumerics.StateDict(trainer.Run.Options),
        };
        if (trainer.Run.Data?.StateDict() is { } data)
        {
            own["data"] = data;
        }

        if (trainer.Run.Progress.Accumulated > 0 || !session.Module.AutomaticOptimization)
        {
            // In manual optimization, and at the end of a window, they are averaged already.
            own["gradients"] = trainer.Strategy.Collectives.WorldSize > 1 && session.Module.AutomaticOptimization
                ? RankGradients.Capture(session, trainer.Strategy.Collectives, isWhole)
                : session.CaptureGradients();
        }

        return own;
    }
}
