using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// Averages the weights of a module during training. Validations use the averages, checkpoints (including those with weights only) contain
/// them as the weights of the module, and the module has them at the end of a fit.
/// </summary>
/// <remarks>
/// <para>The state of the callback contains the training weights, so a run resumes from such a file bit for bit. Buffers, such as
/// batch-norm statistics, are averaged like parameters; integers and frozen parameters are copied.</para>
/// <para>The averages change and are swapped behind the mutation fence, like parameters, so a save may be captured while training
/// continues. A fit that ends with an exception or is cancelled leaves the module with its training weights.</para>
/// <para>Derived classes define when (<see cref="ShouldUpdateAfterStep"/>, <see cref="ShouldUpdateAfterEpoch"/>) and how
/// (<see cref="Average"/>) to average.</para>
/// </remarks>
public abstract class WeightAveraging : Callback, IDisposable
{
    private AveragedWeights? _weights;
    private LoadedAverage? _loaded;
    private long _seenStep;
    private long _seenEpoch = -1;

    /// <summary>Gets the number of averaged states of the module.</summary>
    public long AveragedCount { get; private set; }

    /// <summary>Gets a value indicating whether the module contains the averages.</summary>
    public bool IsSwapped => _weights?.IsSwapped ?? false;

    /// <inheritdoc/>
    public override void SetUp(SetUpArguments arguments)
    {
        if (arguments.Stage == RunStage.Fit)
        {
            Release();
            (AveragedCount, _seenStep, _seenEpoch) = (0, 0, -1);
        }
    }

    /// <inheritdoc/>
    public override StateMap StateDict()
    {
        var state = new StateMap { ["averaged"] = AveragedCount, ["seen_step"] = _seenStep, ["seen_epoch"] = _seenEpoch };
        if (_weights is not null)
        {
            state["current"] = _weights.Current();
        }
        else if (_loaded is { Current.Count: > 0 })
        {
            state["current"] = _loaded.ToState();
        }

        return state;
    }

    /// <inheritdoc/>
    public override void LoadStateDict(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Release();
        _loaded = new LoadedAverage(state);
        AveragedCount = state["averaged"].AsInteger();
        _seenStep = state["seen_step"].AsInteger();
        _seenEpoch = state["seen_epoch"].AsInteger();
    }

    /// <inheritdoc/>
    public override void OnSaveCheckpoint(OnSaveCheckpointArguments arguments) =>
        _weights?.Average(arguments.State[CheckpointKeys.StateDict].AsMap());

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        TakeUp(arguments.Trainer, arguments.Module);
        CatchUp(arguments.Trainer, arguments.Module);
    }

    /// <inheritdoc/>
    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => TakeUp(arguments.Trainer, arguments.Module);

    /// <inheritdoc/>
    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => TakeUp(arguments.Trainer, arguments.Module);

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        TakeUp(arguments.Trainer, arguments.Module);
        if (arguments.Stepped)
        {
            UpdateAfterStep(arguments.Trainer, arguments.Module);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
    {
        TakeUp(arguments.Trainer, arguments.Module);

        // With data of unknown length, the last step of an epoch has no batch.
        CatchUp(arguments.Trainer, arguments.Module);
    }

    /// <inheritdoc/>
    public override void OnValidationStart(OnValidationStartArguments arguments)
    {
        if (arguments.Trainer.IsFitting && !arguments.Trainer.IsSanityChecking)
        {
            TakeUp(arguments.Trainer, arguments.Module);
            Swap(arguments.Trainer, swapped: true);
        }
    }

    /// <inheritdoc/>
    public override void OnValidationEnd(OnValidationEndArguments arguments) => Swap(arguments.Trainer, swapped: false);

    /// <inheritdoc/>
    public override void OnTrainEnd(OnTrainEndArguments arguments)
    {
        TakeUp(arguments.Trainer, arguments.Module);
        Swap(arguments.Trainer, swapped: true);
    }

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments)
    {
        Swap(arguments.Trainer, swapped: false);
        if (_weights is not null)
        {
            CatchUp(arguments.Trainer, arguments.Module);
        }
    }

    /// <inheritdoc/>
    public override void TearDown(TearDownArguments arguments) => Release();

    /// <summary>Releases the averages if a fit ended without its last hook.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns true to average the state after an optimizer step. The default is false.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="step">The number of completed optimizer steps, including this one.</param>
    protected virtual bool ShouldUpdateAfterStep(Trainer trainer, long step) => false;

    /// <summary>Returns true to average the state after an epoch. The default is false.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="epoch">The number of the epoch, from zero.</param>
    protected virtual bool ShouldUpdateAfterEpoch(Trainer trainer, int epoch) => false;

    /// <summary>Updates the average of one tensor in place. The first state is copied without a call.</summary>
    /// <param name="average">The average to overwrite.</param>
    /// <param name="current">The current tensor; do not change it.</param>
    /// <param name="averagedCount">The number of states already in the average; at least one.</param>
    protected abstract void Average(Tensor average, Tensor current, long averagedCount);

    /// <summary>Releases the averages.</summary>
    /// <param name="disposing">True if called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Release();
        }
    }

    /// <summary>Adds states that were missed because of another callback's exception, or of a save before this callback's turn.</summary>
    private void CatchUp(Trainer trainer, TrainingModule module)
    {
        UpdateAfterStep(trainer, module);
        var epoch = trainer.CurrentEpoch - 1;
        if (trainer.CurrentBatch == 0 && epoch > _seenEpoch)
        {
            _seenEpoch = epoch;
            if (ShouldUpdateAfterEpoch(trainer, epoch))
            {
                Update(trainer, module);
            }
        }
    }

    private void UpdateAfterStep(Trainer trainer, TrainingModule module)
    {
        if (trainer.GlobalStep > _seenStep)
        {
            _seenStep = trainer.GlobalStep;
            if (ShouldUpdateAfterStep(trainer, trainer.GlobalStep))
            {
                Update(trainer, module);
            }
        }
    }

    private void Update(Trainer trainer, TrainingModule module)
    {
        if (_weights is null)
        {
            _weights = new AveragedWeights(module);
        }
        else
        {
            trainer.Strategy.CheckpointIO.BeforeParametersChange();
            using var scope = NewDisposeScope();
            _weights.Update((average, current) => Average(average, current, AveragedCount));
        }

        AveragedCount++;
    }

    private void Swap(Trainer trainer, bool swapped)
    {
        if (_weights is not null && _weights.IsSwapped != swapped)
        {
            trainer.Strategy.CheckpointIO.BeforeParametersChange();
            _weights.Swap();
        }
    }

    /// <summary>Resumes from a checkpoint: the module already has its weights, which are the averages.</summary>
    private void TakeUp(Trainer trainer, TrainingModule module)
    {
        if (_loaded is not { } loaded)
        {
            return;
        }

        _loaded = null;
        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        if (loaded.Current.Count > 0)
        {
            _weights = new AveragedWeights(module);
            _weights.LoadCurrent(loaded.Current);
        }

        loaded.Dispose();
    }

    private void Release()
    {
        _weights?.Dispose();
        _loaded?.Dispose();
        (_weights, _loaded) = (null, null);
    }
}
