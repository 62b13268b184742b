using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>
/// Holds the run in memory every few steps. When the loss is NaN, infinite or far above the last ones, it goes back to the newest snapshot that a
/// good loss has followed, and on with the next batch: what led there is left out. No file is read or written.
/// </summary>
/// <remarks>
/// <para>At most two snapshots are held: the newest one, and the one before until a good loss shows that the newest is sound. Add it before callbacks that follow
/// every batch, so that they see the run after it went back. Saves of the same batch come later in any case, and hold the sound state.</para>
/// <para>With several processes all go back if one must. The loss is that of the batch before its step.</para>
/// </remarks>
[Plugin("rollback")]
public sealed partial class Rollback : Callback, IConfigurable<RollbackOptions>
{
    private readonly ILogger _log;
    private readonly LossWindow _window;
    private HeldState? _sound;
    private HeldState? _newest;
    private long _seen;
    private long _heldStep;
    private bool _isGoingBack;

    /// <summary>Makes a callback.</summary>
    /// <param name="options">When it goes back, and how far; null for the defaults.</param>
    /// <param name="logger">Hears of every time; null for nobody.</param>
    /// <exception cref="ArgumentException">An option is not allowed.</exception>
    public Rollback(RollbackOptions? options = null, ILogger<Rollback>? logger = null)
    {
        Options = CheckedOptions.OrDefault(options);
        _window = new LossWindow(Options.Window);
        _log = logger ?? NullLogger<Rollback>.Instance;
    }

    /// <inheritdoc/>
    public RollbackOptions Options { get; }

    /// <summary>How often the run went back, resumed runs counted.</summary>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public override string StateKey => nameof(Rollback);

    /// <inheritdoc/>
    public override StateMap StateDict() => new() { ["rollbacks"] = Count, ["losses"] = _window.StateDict() };

    /// <inheritdoc/>
    public override void LoadStateDict(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _window.LoadStateDict(state["losses"].AsList());

        // How often it went back is no part of what it goes back to.
        Count = _isGoingBack ? Count : checked((int)state["rollbacks"].AsInteger());
    }

    /// <inheritdoc/>
    public override void SetUp(SetUpArguments arguments)
    {
        if (arguments.Stage == RunStage.Fit)
        {
            Count = 0;
            _window.LoadStateDict(new StateList());
        }
    }

    /// <inheritdoc/>
    public override void OnTrainStart(OnTrainStartArguments arguments) => Hold(arguments.Trainer);

    /// <inheritdoc/>
    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments)
    {
        // What goes by epochs has stepped since the last snapshot; going back is not to take that back.
        if (arguments.Trainer.CurrentEpoch > 0)
        {
            Hold(arguments.Trainer);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
    {
        var trainer = arguments.Trainer;
        _seen++;
        var isBad = arguments.Loss is { } loss && IsBad(loss);
        if (trainer.Strategy.Collectives.ReduceDecision(isBad, all: false))
        {
            GoBack(trainer, arguments);
            return;
        }

        if (arguments.Loss is { } good)
        {
            _window.Add(good);
            Confirm();
        }

        if (arguments.Stepped && trainer.GlobalStep - _heldStep >= Options.EveryNSteps)
        {
            Hold(trainer);
        }
    }

    /// <inheritdoc/>
    public override void TearDown(TearDownArguments arguments)
    {
        _sound?.Snapshot.Dispose();
        _newest?.Snapshot.Dispose();
        (_sound, _newest) = (null, null);
    }

    private bool IsBad(double loss) => !double.IsFinite(loss) || (Options.SpikeFactor is { } factor && _window.IsSpike(loss, factor));

    private void Hold(Trainer trainer)
    {
        // One that no loss has followed yet gives way, unless it is all there is.
        if (_sound is null)
        {
            (_sound, _newest) = (_newest, null);
        }

        _newest?.Snapshot.Dispose();
        _newest = new HeldState(trainer.TakeSnapshot(), _seen);
        _heldStep = trainer.GlobalStep;
    }

    private void Confirm()
    {
        if (_newest is not null)
        {
            _sound?.Snapshot.Dispose();
            (_sound, _newest) = (_newest, null);
        }
    }

    private void GoBack(Trainer trainer, OnTrainBatchEndArguments arguments)
    {
        var step = trainer.GlobalStep;
        if (Count >= Options.MaxRollbacks)
        {
            throw new InvalidOperationException(
                $"The loss of batch {arguments.BatchIndex} in epoch {trainer.CurrentEpoch} is {arguments.Loss}, at step {step}, and the run has gone back {Count} times already (MaxRollbacks). Check the learning rate and the data, clip gradients, or allow more.");
        }

        if (_sound is not null)
        {
            _newest?.Snapshot.Dispose();
        }
        else
        {
            _sound = _newest;
        }

        _newest = null;
        var held = _sound ?? throw new InvalidOperationException("There is no snapshot to go back to: the callback saw no start of a training.");
        _isGoingBack = true;
        try
        {
            trainer.RollBack(held.Snapshot);
        }
        finally
        {
            _isGoingBack = false;
        }

        Count++;
        _heldStep = trainer.GlobalStep;
        LogWentBack(_log, arguments.Loss ?? double.NaN, step, trainer.CurrentEpoch, arguments.BatchIndex, _heldStep, _seen - held.Seen, Count, Options.MaxRollbacks);

        // What is left out counts once, should the run go back to the same state again.
        _sound = held with { Seen = _seen };
    }

    [LoggerMessage(4100, LogLevel.Warning, "The loss is {Loss} at step {Step} (epoch {Epoch}, batch {Batch}): back to the state of step {Sound}, {Batches} batches are left out. Time {Count} of {Allowed}")]
    private static partial void LogWentBack(ILogger logger, double loss, long step, int epoch, int batch, long sound, long batches, int count, int allowed);

    /// <summary>A snapshot and how many batches had been used when it was taken.</summary>
    private sealed record HeldState(StateSnapshot Snapshot, long Seen);
}

/// <summary>When a <see cref="Rollback"/> goes back, and how far.</summary>
public sealed class RollbackOptions
{
    /// <summary>
    /// Every how many optimizer steps the run is held in memory; there is one more at the start of each epoch. Going back loses at most about two
    /// times this. Default: 50.
    /// </summary>
    [Range(1, int.MaxValue)]
    public int EveryNSteps { get; set; } = 50;

    /// <summary>
    /// A loss above this many times the median of the last <see cref="Window"/> is a spike; null for no such check, so that only NaN and infinity count.
    /// For losses above zero. Default: null.
    /// </summary>
    [Range(1.0, double.MaxValue, MinimumIsExclusive = true)]
    public double? SpikeFactor { get; set; }

    /// <summary>How many losses the median is taken of; spikes are looked for once there are so many. Default: 50.</summary>
    [Range(1, 1_000_000)]
    public int Window { get; set; } = 50;

    /// <summary>How often the run may go back; one time more is an error that ends it. Default: 5.</summary>
    [Range(0, int.MaxValue)]
    public int MaxRollbacks { get; set; } = 5;
}
