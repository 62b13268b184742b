using System.Buffers.Binary;
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
        var entries = session.Module.state_dict();
        session.Fields.Check(saves: true, entries);
        var state = new TrainingState
        {
            [CheckpointKeys.Epoch] = trainer.Run.Progress.Epochs,
            [CheckpointKeys.GlobalStep] = trainer.Run.Progress.GlobalStep,
            [CheckpointKeys.LightningVersion] = LightningLayout,
            [CheckpointKeys.StateDict] = Module(session, entries),
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

    private static StateMap Module(FitSession session, Dictionary<string, Tensor> live)
    {
        var entries = new StateMap(live.Count);
        var stepped = session.Optimizers.Where(optimizer => optimizer is IStepCopies).SelectMany(optimizer => optimizer.parameters())
            .ToHashSet<Tensor>(ReferenceEqualityComparer.Instance);
        foreach (var (name, tensor) in live)
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
            // Where each process writes its part, that contains its own.
            ["rng"] = RandomState.StateDict(
                trainer.Strategy.Collectives, isWhole && trainer.Strategy is not ParallelStrategy { WritesParts: true }),
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

/// <summary>Captures and applies the state of libtorch's CPU random number generator.</summary>
internal static class RandomState
{
    public static TensorData Capture()
    {
        using var state = get_rng_state();
        return Copy(state);
    }

    /// <summary>Returns the entry of a checkpoint: the state of rank 0, and with several processes those of all by rank.</summary>
    /// <param name="collectives">The collectives of the processes.</param>
    /// <param name="isWhole">Whether all processes contribute; if false, the state of this one stands for the others.</param>
    public static StateMap StateDict(ICollectives collectives, bool isWhole)
    {
        if (collectives.WorldSize == 1)
        {
            return new StateMap { ["cpu"] = Capture() };
        }

        if (!isWhole)
        {
            using var own = get_rng_state();
            return new StateMap
            {
                ["cpu"] = Copy(own),
                ["ranks"] = new StateList(Enumerable.Range(0, collectives.WorldSize).Select(_ => Copy(own))),
            };
        }

        using var scope = NewDisposeScope();
        var states = collectives.AllGather(get_rng_state()).unbind();
        var all = Array.ConvertAll(states, state => Copy(state.contiguous()));
        return new StateMap { ["cpu"] = all[0], ["ranks"] = new StateList(all) };
    }

    /// <summary>Returns the state of a process from the entry of a checkpoint; null if it has none.</summary>
    /// <exception cref="InvalidOperationException">libtorch would refuse the state.</exception>
    public static TensorData? Of(StateMap saved, int rank)
    {
        var own = saved.TryGetValue("ranks", out var ranks) && rank < ranks.AsList().Count ? ranks.AsList()[rank]
            : saved.TryGetValue("cpu", out var cpu) ? cpu
            : null;
        if (own is not TensorData random)
        {
            return null;
        }

        var current = Capture();
        if (random.Type != current.Type || !random.Shape.SequenceEqual(current.Shape))
        {
            throw new InvalidOperationException(
                $"Its state of the random number generator is a {random}, but that of this libtorch is a {current}.");
        }

        // The error of libtorch about such a state ends the process.
        return IsValid(current) && !IsValid(random)
            ? throw new InvalidOperationException("Its state of the random number generator is invalid.")
            : random;
    }

    public static void Apply(TensorData saved)
    {
        using var state = saved.ToTensor();
        set_rng_state(state);
    }

    private static TensorData Copy(Tensor state) => TensorData.FromValues<byte>(state.bytes, ScalarType.Byte, state.numel());

    /// <summary>Returns whether a state of the Mersenne twister is one that libtorch accepts.</summary>
    private static bool IsValid(TensorData state)
    {
        const int numbers = 624;

        // The seed in 8 bytes, how many numbers are left, whether it is seeded, the next number, and the numbers.
        var bytes = new byte[state.ByteLength];
        state.CopyTo(bytes);
        return bytes.Length >= 24
            && BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)) is > 0 and <= numbers
            && BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12)) != 0
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(16)) <= numbers;
    }
}
