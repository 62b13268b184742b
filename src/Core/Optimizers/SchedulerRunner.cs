using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// Steps the schedulers of a fit. The loops call it; a module that optimizes manually steps its schedulers itself, and the loops then
/// do not call it.
/// </summary>
/// <remarks>
/// Order of calls: <see cref="OnOptimizerStep"/> after each counted step; <see cref="OnLastBatch"/> after the step of an epoch's last
/// batch and before its OnTrainBatchEnd, or as soon as the end is known; <see cref="OnValidationEnd"/> when the metrics of a validation
/// are reduced, before callbacks hear of its end; <see cref="OnEpochEnd"/> when those of the epoch are reduced and the module's
/// OnTrainEpochEnd has run, before checkpoint callbacks. What is due in an epoch is done once in it however often it is called, so a run
/// that resumes within the epoch's end repeats nothing.
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

    /// <summary>The optimizers stepped, and the step is counted.</summary>
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

    /// <summary>The batches of an epoch are used up and have been stepped with.</summary>
    /// <param name="epoch">The number of the epoch, from zero.</param>
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

    /// <summary>The metrics of a validation are reduced.</summary>
    /// <param name="epoch">The number of the epoch, from zero.</param>
    /// <param name="endsEpoch">Whether it is the validation after the epoch's last batch.</param>
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

    /// <summary>An epoch has ended and its metrics are reduced.</summary>
    /// <param name="epoch">The number of the epoch, from zero.</param>
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

    /// <summary>The state of the schedulers in order, as PyTorch Lightning keeps it.</summary>
    public StateList StateDict() => new(_entries.Select(entry => entry.Configuration.Scheduler.StateDict()));

    /// <summary>What the schedulers' own states do not tell: the last epoch that each was stepped in, and the newest metric that it has seen.</summary>
    public StateList Positions() => new(_entries.Select(entry => new StateMap { ["epoch"] = entry.Epoch, ["seen"] = entry.Seen }));

    /// <summary>Finds what does not fit, before anything is changed.</summary>
    /// <exception cref="InvalidOperationException">Another number of schedulers.</exception>
    public void Check(StateList saved)
    {
        if (saved.Count != _entries.Length)
        {
            throw new InvalidOperationException(
                $"It holds the state of {saved.Count} schedulers and ConfigureOptimizers gave {_entries.Length}. Give the same schedulers in the same order, or load the weights only.");
        }

        foreach (var state in saved)
        {
            state.AsMap();
        }
    }

    /// <summary>Applies what <see cref="Check"/> has found to fit.</summary>
    /// <param name="saved">What <see cref="StateDict"/> gave, here or in Python.</param>
    /// <param name="positions">What <see cref="Positions"/> gave; null in a file of another program, which is taken to be of a step at which nothing is due any more.</param>
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

    /// <summary>What schedulers keep within the groups of their optimizer.</summary>
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

    private IEnumerable<(int Index, Schedulers.LearningRateScheduler Scheduler, StateMap Group)> Groups(TorchSharp.torch.optim.Optimizer optimizer, StateMap state)
    {
        var groups = state["param_groups"].AsList();
        foreach (var scheduler in _entries.Select(entry => entry.Configuration.Scheduler).Where(scheduler => ReferenceEquals(scheduler.Optimizer, optimizer)))
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

    private bool IsNew(Entry entry) => _trainer.Metrics.TryGet(entry.Configuration.Monitor!, out var metric) && metric.GlobalStep > entry.Seen;

    /// <summary>Steps by a value that the scheduler has not seen yet; an old one says nothing new.</summary>
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

        // Where the first validation is yet to come, so is the metric.
        if (entry.Configuration.Strict && !(_trainer.HasValidation && !_trainer.Metrics.HasValidated))
        {
            var known = _trainer.Metrics.Snapshot().Keys.Order(StringComparer.Ordinal).ToList();
            throw new InvalidOperationException(
                $"The {entry.Configuration.Scheduler.GetType().Name} goes by the metric '{name}', which was never logged. Known: {(known.Count == 0 ? "none" : string.Join(", ", known))}. Log it, name another (Monitor), or set Strict to false.");
        }
    }

    private sealed class Entry(SchedulerConfiguration configuration)
    {
        public SchedulerConfiguration Configuration { get; } = configuration;

        /// <summary>The last epoch whose end it was stepped at.</summary>
        public long Epoch { get; set; } = -1;

        /// <summary>The step that the newest metric that it has seen belongs to.</summary>
        public long Seen { get; set; } = -1;
    }
}
