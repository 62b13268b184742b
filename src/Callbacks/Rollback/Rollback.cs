using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>
/// Takes a snapshot of the run in memory every N steps. If the loss is NaN, infinite or far above the last ones, restores the newest
/// snapshot that was followed by a good loss, and continues with the next batch. No file is read or written.
/// </summary>
/// <remarks>
/// <para>At most two snapshots exist: the newest one, and the previous one until a good loss confirms the newest. Add this callback before
/// callbacks that process every batch, so that they receive the restored run. Saves of the same batch run later and contain the restored
/// state.</para>
/// <para>With several processes all are restored together. The loss is that of the batch before its step.</para>
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

    /// <summary>Initializes a new instance of the <see cref="Rollback"/> class.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="logger">The logger for rollbacks; null to disable logging.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public Rollback(RollbackOptions? options = null, ILogger<Rollback>? logger = null)
    {
        Options = CheckedOptions.OrDefault(options);
        _window = new LossWindow(Options.Window);
        _log = logger ?? NullLogger<Rollback>.Instance;
    }

    /// <inheritdoc/>
    public RollbackOptions Options { get; }

    /// <summary>Gets the number of rollbacks, including those before a resume.</summary>
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

        // A rollback does not restore the number of rollbacks.
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
        // Per-epoch state has advanced since the last snapshot; a rollback must not undo that.
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
        // A snapshot that is not confirmed by a loss is replaced, unless it is the only one.
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
                $"The loss of batch {arguments.BatchIndex} in epoch {trainer.CurrentEpoch} is {arguments.Loss}, at step {step}, and the "
                    + $"run has gone back {Count} times already (MaxRollbacks). Check the learning rate and the data, clip gradients, "
                    + "or allow more.");
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
        var held = _sound
            ?? throw new InvalidOperationException("There is no snapshot to go back to: the callback saw no start of a training.");
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
        LogWentBack(
            _log, arguments.Loss ?? double.NaN, step, trainer.CurrentEpoch, arguments.BatchIndex, _heldStep, _seen - held.Seen, Count,
            Options.MaxRollbacks);

        // Skipped batches count once, even if the same state is restored again.
        _sound = held with { Seen = _seen };
    }

    [LoggerMessage(
        4100, LogLevel.Warning,
        "The loss is {Loss} at step {Step} (epoch {Epoch}, batch {Batch}): back to the state of step {Sound}, "
            + "{Batches} batches are left out. Time {Count} of {Allowed}")]
    private static partial void LogWentBack(
        ILogger logger, double loss, long step, int epoch, int batch, long sound, long batches, int count, int allowed);

    /// <summary>A snapshot and the number of used batches at its time.</summary>
    private sealed record HeldState(StateSnapshot Snapshot, long Seen);
}

/// <summary>Options of <see cref="Rollback"/>.</summary>
public sealed class RollbackOptions
{
    /// <summary>
    /// Gets or sets the number of optimizer steps between two snapshots; there is an additional one at the start of each epoch. A rollback
    /// loses at most about twice this number.
    /// </summary>
    /// <value>The default is 50.</value>
    [Range(1, int.MaxValue)]
    public int EveryNSteps { get; set; } = 50;

    /// <summary>
    /// Gets or sets the multiple of the median of the last <see cref="Window"/> losses above which a loss is a spike; null to detect only
    /// NaN and infinity. For positive losses.
    /// </summary>
    /// <value>The default is null.</value>
    [Range(1.0, double.MaxValue, MinimumIsExclusive = true)]
    public double? SpikeFactor { get; set; }

    /// <summary>Gets or sets the number of losses for the median; spikes are detected once there are that many.</summary>
    /// <value>The default is 50.</value>
    [Range(1, 1_000_000)]
    public int Window { get; set; } = 50;

    /// <summary>Gets or sets the maximum number of rollbacks; one more is an error that ends the run.</summary>
    /// <value>The default is 5.</value>
    [Range(0, int.MaxValue)]
    public int MaxRollbacks { get; set; } = 5;
}

/// <summary>Records the last losses and detects spikes.</summary>
/// <param name="capacity">The number of losses.</param>
internal sealed class LossWindow(int capacity)
{
    private readonly Queue<double> _losses = new();

    public void Add(double loss)
    {
        if (_losses.Count == capacity)
        {
            _losses.Dequeue();
        }

        _losses.Enqueue(loss);
    }

    /// <summary>
    /// Returns true if a loss exceeds a multiple of the median; false while the window is not full or the median is not positive.
    /// </summary>
    public bool IsSpike(double loss, double factor) =>
        _losses.Count == capacity && Median() is var median and > 0 && loss > factor * median;

    public StateList StateDict() => new(_losses.Select(loss => (StateValue)loss));

    public void LoadStateDict(StateList losses)
    {
        _losses.Clear();
        foreach (var loss in losses.TakeLast(capacity))
        {
            _losses.Enqueue(loss.AsReal());
        }
    }

    private double Median()
    {
        var sorted = _losses.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
