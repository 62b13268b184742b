using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// Steps the schedulers of a fit. Called by the loops, except in manual optimization, where the module steps its schedulers itself.
/// </summary>
/// <remarks>
/// Order of calls: <see cref="OnOptimizerStep"/> after each counted step; <see cref="OnLastBatch"/> after the step of an epoch's last
/// batch and before its OnTrainBatchEnd, or as soon as the end is known; <see cref="OnValidationEnd"/> after the metrics of a validation
/// are reduced and before the callbacks are notified; <see cref="OnEpochEnd"/> after the metrics of the epoch are reduced and the
/// module's OnTrainEpochEnd has run, before checkpoint callbacks. Each scheduler step of an epoch is performed only once regardless of the
/// number of calls, so a run that resumes within the end of an epoch does not repeat it.
/// </remarks>
internal sealed class SchedulerRunner
{
    private readonly Trainer _trainer;
    private readonly Entry[] _entries;

    public SchedulerRunner(Trainer trainer, OptimizerSetup setup)
    {
        _trainer = trainer;
        _entries = [.. setup.Optimizers.SelectMany(optimizer => optimizer.Schedulers).Select(configuration => new Entry(configuration))];
    }

    public IReadOnlyList<SchedulerConfiguration> Configurations => [.. _entries.Select(entry => entry.Configuration)];

    /// <summary>Called after a counted optimizer step.</summary>
    public void OnOptimizerStep()
    {
        foreach (var entry in _entries)
        {
            if (entry.Configuration.Interval == SchedulerInterval.Step && IsDue(entry, _trainer.GlobalStep))
            {
                if (entry.Configuration.Monitor is null)
                {
                    entry.Configuration.Scheduler.Step();
                }
                else
                {
                    StepByMetric(entry);
                }
            }
        }
    }

    /// <summary>Called after the last batch of an epoch and its optimizer step.</summary>
    /// <param name="epoch">The zero-based epoch.</param>
    public void OnLastBatch(int epoch)
    {
        foreach (var entry in _entries)
        {
            if (IsDueInEpoch(entry, epoch) && entry.Configuration.Monitor is null)
            {
                entry.Configuration.Scheduler.Step();
                entry.Epoch = epoch;
            }
        }
    }

    /// <summary>Called when the metrics of a validation are reduced.</summary>
    /// <param name="epoch">The zero-based epoch.</param>
    /// <param name="endsEpoch">true if the validation follows the last batch of the epoch; otherwise, false.</param>
    public void OnValidationEnd(int epoch, bool endsEpoch)
    {
        foreach (var entry in _entries)
        {
            if (entry.Configuration.Monitor is null)
            {
                continue;
            }

            if (entry.Configuration.Interval == SchedulerInterval.Step)
            {
                if (IsDue(entry, _trainer.GlobalStep) && IsNew(entry))
                {
                    StepByMetric(entry);
                }
            }
            else if (endsEpoch && IsDueInEpoch(entry, epoch) && IsNew(entry))
            {
                StepByMetric(entry);
                entry.Epoch = epoch;
            }
        }
    }

    /// <summary>Called when an epoch has ended and its metrics are reduced.</summary>
    /// <param name="epoch">The zero-based epoch.</param>
    public void OnEpochEnd(int epoch)
    {
        OnLastBatch(epoch);
        foreach (var entry in _entries)
        {
            if (IsDueInEpoch(entry, epoch) && entry.Configuration.Monitor is not null)
            {
                StepByMetric(entry);
                entry.Epoch = epoch;
            }
        }
    }

    /// <summary>Returns the states of the schedulers in order, in the layout of PyTorch Lightning.</summary>
    public StateList StateDict() => new(_entries.Select(entry => entry.Configuration.Scheduler.StateDict()));

    /// <summary>Returns, per scheduler, the last epoch and the last metric value with which it was stepped.</summary>
    public StateList Positions() => new(_entries.Select(entry => new StateMap { ["epoch"] = entry.Epoch, ["seen"] = entry.Seen }));

    /// <summary>Validates a saved state before anything is changed.</summary>
    /// <exception cref="InvalidOperationException">The number of schedulers differs.</exception>
    public void Check(StateList saved)
    {
        if (saved.Count != _entries.Length)
        {
            throw new InvalidOperationException(
                $"It has the state of {saved.Count} schedulers, but ConfigureOptimizers returned {_entries.Length}. "
                    + "Return the same schedulers in the same order, or load only the weights.");
        }

        foreach (var state in saved)
        {
            state.AsMap();
        }
    }

    /// <summary>Applies a state that <see cref="Check"/> has validated.</summary>
    /// <param name="saved">The result of <see cref="StateDict"/> or of its counterpart in Python.</param>
    /// <param name="positions">
    /// The result of <see cref="Positions"/>; null for a file of another program, which is assumed to have no scheduler step pending.
    /// </param>
    public void Load(StateList saved, StateList? positions)
    {
        for (var index = 0; index < _entries.Length; index++)
        {
            var entry = _entries[index];
            entry.Configuration.Scheduler.LoadStateDict(saved[index].AsMap());
            entry.Epoch = positions?[index].AsMap()["epoch"].AsInteger() ?? _trainer.CurrentEpoch - 1;
            entry.Seen = positions?[index].AsMap()["seen"].AsInteger() ?? _trainer.GlobalStep;
        }
    }

    /// <summary>Writes the settings that schedulers store in the groups of their optimizer.</summary>
    public void WriteGroups(TorchSharp.torch.optim.Optimizer optimizer, StateMap state)
    {
        foreach (var (index, scheduler, group) in Groups(optimizer, state))
        {
            scheduler.WriteGroup(index, group);
        }
    }

    public void ReadGroups(TorchSharp.torch.optim.Optimizer optimizer, StateMap state)
    {
        foreach (var (index, scheduler, group) in Groups(optimizer, state))
        {
            scheduler.ReadGroup(index, group);
        }
    }

    private IEnumerable<(int Index, Schedulers.LearningRateScheduler Scheduler, StateMap Group)> Groups(
        TorchSharp.torch.optim.Optimizer optimizer, StateMap state)
    {
        var groups = state["param_groups"].AsList();
        foreach (var scheduler in _entries.Select(entry => entry.Configuration.Scheduler).Where(
            scheduler => ReferenceEquals(scheduler.Optimizer, optimizer)))
        {
            for (var index = 0; index < groups.Count; index++)
            {
                yield return (index, scheduler, groups[index].AsMap());
            }
        }
    }

    private static bool IsDue(Entry entry, long count) => count % entry.Configuration.Frequency == 0;

    private static bool IsDueInEpoch(Entry entry, int epoch) =>
        entry.Configuration.Interval == SchedulerInterval.Epoch && entry.Epoch < epoch && IsDue(entry, epoch + 1L);

    private bool IsNew(Entry entry) =>
        _trainer.Metrics.TryGet(entry.Configuration.Monitor!, out var metric) && metric.GlobalStep > entry.Seen;

    /// <summary>Steps a scheduler if the metric has a new value.</summary>
    private void StepByMetric(Entry entry)
    {
        var name = entry.Configuration.Monitor!;
        if (_trainer.Metrics.TryGet(name, out var metric))
        {
            if (metric.GlobalStep > entry.Seen)
            {
                entry.Configuration.Scheduler.Step(metric.Value);
                entry.Seen = metric.GlobalStep;
            }

            return;
        }

        // Before the first validation, its metrics do not exist yet.
        if (entry.Configuration.Strict && !(_trainer.HasValidation && !_trainer.Metrics.HasValidated))
        {
            var known = _trainer.Metrics.Snapshot().Keys.Order(StringComparer.Ordinal).ToList();
            throw new InvalidOperationException(
                $"The {entry.Configuration.Scheduler.GetType().Name} monitors the metric '{name}', which was never logged. Known metrics: "
                    + $"{(known.Count == 0 ? "none" : string.Join(", ", known))}. Log it, set Monitor to another metric, "
                    + "or set Strict to false.");
        }
    }

    private sealed class Entry(SchedulerConfiguration configuration)
    {
        public SchedulerConfiguration Configuration { get; } = configuration;

        /// <summary>The last epoch at whose end the scheduler was stepped.</summary>
        public long Epoch { get; set; } = -1;

        /// <summary>The global step of the last metric value used.</summary>
        public long Seen { get; set; } = -1;
    }
}
