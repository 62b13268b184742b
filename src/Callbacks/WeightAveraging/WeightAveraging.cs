using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// Averages the weights of a module while it trains. Validations see the averages, checkpoints hold them as the module's weights (those
/// with weights only too), and at the end of a fit the module has them.
/// </summary>
/// <remarks>
/// <para>What training goes on with is kept in the callback's own state, so that a run resumes from such a file bit for bit. Buffers, such as
/// the statistics of batch norms, are averaged with the parameters; integers and frozen parameters are copied.</para>
/// <para>The averages change and move behind the mutation fence, as parameters do, so that a save may be captured while training goes on.
/// A fit that ends by an exception or is cancelled leaves the module with what it trained with.</para>
/// <para>Derive from it for another way to average: say when (<see cref="ShouldUpdateAfterStep"/>, <see cref="ShouldUpdateAfterEpoch"/>) and
/// how (<see cref="Average"/>).</para>
/// </remarks>
public abstract class WeightAveraging : Callback, IDisposable
{
    private AveragedWeights? _weights;
    private LoadedAverage? _loaded;
    private long _seenStep;
    private long _seenEpoch = -1;

    /// <summary>How many states of the module are in the average.</summary>
    public long AveragedCount { get; private set; }

    /// <summary>Whether the module holds the averages now.</summary>
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

        // The step that ends data of unknown length belongs to no batch.
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

    /// <summary>Gives the averages back, should a fit have ended without its last hook.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether the state after an optimizer step goes into the average. Default: no.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="step">Optimizer steps done, this one counted.</param>
    protected virtual bool ShouldUpdateAfterStep(Trainer trainer, long step) => false;

    /// <summary>Whether the state after an epoch goes into the average. Default: no.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="epoch">The number of the epoch, from zero.</param>
    protected virtual bool ShouldUpdateAfterEpoch(Trainer trainer, int epoch) => false;

    /// <summary>Puts one tensor into its average, in place. The first state of all is copied without asking.</summary>
    /// <param name="average">The average so far; overwrite it.</param>
    /// <param name="current">The tensor as training has left it; do not change it.</param>
    /// <param name="averagedCount">How many states are in the average already; at least one.</param>
    protected abstract void Average(Tensor average, Tensor current, long averagedCount);

    /// <summary>Gives the averages back.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Release();
        }
    }

    /// <summary>What another callback's exception, or a save before this callback's turn, has kept from the average.</summary>
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

    /// <summary>Goes on from a checkpoint: the module has its weights by now, which are the averages.</summary>
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
