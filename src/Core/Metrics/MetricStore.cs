using System.Diagnostics.CodeAnalysis;
using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// The logged metrics. During training, a metric has its latest value. At the end of an epoch or validation, the reduced value replaces
/// it.
/// </summary>
/// <remarks>Not thread-safe: use it only on the training thread. <see cref="Snapshot"/> may be called in hooks.</remarks>
public sealed class MetricStore
{
    private const string Step = "_step";
    private const string Epoch = "_epoch";

    private readonly Dictionary<string, MetricValue> _values = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, MetricAggregate> _training = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, MetricAggregate> _evaluation = new(StringComparer.Ordinal);
    private readonly MetricObjects _objects = new();
    private readonly HashSet<string> _batch = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Metric, double Value)> _step = new(StringComparer.Ordinal);
    private bool _evaluating;
    private bool _ending;
    private bool _endingEpoch;

    internal MetricStore()
    {
    }

    /// <summary>The names for loggers.</summary>
    internal MetricNames Names { get; } = new();

    internal long GlobalStep { get; set; }

    /// <summary>Gets the size of the current batch.</summary>
    internal CurrentBatchSize BatchSize { get; } = new();

    /// <summary>Reduces aggregates across all processes of a training; null for a single process.</summary>
    internal Func<MetricAggregate, MetricAggregate>? Share { get; set; }

    /// <summary>Adds the states of all other processes to a metric object; null for a single process.</summary>
    internal Action<IMergeableMetric>? Merge { get; set; }

    /// <summary>Gets a value that indicates whether a validation has completed in the run.</summary>
    public bool HasValidated { get; internal set; }

    /// <summary>Gets the value of a metric.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="KeyNotFoundException">The metric was not logged.</exception>
    public double this[string name] => _values.TryGetValue(name, out var metric)
        ? metric.Value
        : throw new KeyNotFoundException(
            $"There is no metric '{name}'. "
                + $"{(_values.Count == 0 ? "None was logged" : $"Those that were logged are {string.Join(", ", _values.Keys)}")}.");

    /// <summary>Gets the value of a metric if it was ever logged.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value and its global step.</param>
    public bool TryGet(string name, [MaybeNullWhen(false)] out MetricValue value) => _values.TryGetValue(name, out value);

    /// <summary>Gets the value of a metric if it belongs to the current optimizer step.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    public bool TryGetFresh(string name, out double value)
    {
        var found = _values.TryGetValue(name, out var metric) && metric.GlobalStep == GlobalStep;
        value = found ? metric.Value : double.NaN;
        return found;
    }

    /// <summary>Returns a copy of all current metrics.</summary>
    public IReadOnlyDictionary<string, MetricValue> Snapshot() => new Dictionary<string, MetricValue>(_values, StringComparer.Ordinal);

    internal IReadOnlyDictionary<string, double> Values() => _values.ToDictionary(
        metric => metric.Key, metric => metric.Value.Value, StringComparer.Ordinal);

    /// <summary>Sets the metric objects of the running module, whose state is part of the run.</summary>
    internal void Attach(IReadOnlyDictionary<string, IMetric> registered) => _objects.Attach(registered);

    internal void Record(string name, double value, MetricOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);

        // By default, a metric of a training step has its latest value and, after the epoch, the reduced value; one of an evaluation or
        // the end of an epoch has only the reduced value.
        var unsaid = options.OnStep is null && options.OnEpoch is null;
        var onStep = options.OnStep ?? !(_evaluating || _endingEpoch);
        var onEpoch = options.OnEpoch ?? (_evaluating || _endingEpoch || unsaid);
        var forked = onStep && onEpoch && !unsaid;
        if (onEpoch)
        {
            var aggregates = _evaluating ? _evaluation : _training;
            var hasSteps = onStep && !forked;
            var key = forked ? name + Epoch : name;
            if (!_evaluating && !hasSteps)
            {
                key = Names.Claim(key, Moment, name);
            }

            if (aggregates.TryGetValue(key, out var known))
            {
                if (known.Reduction != options.Reduction)
                {
                    throw new InvalidOperationException(
                        $"The metric '{name}' is logged with the reductions {known.Reduction} and {options.Reduction}. "
                            + "Use one of them, or another name.");
                }

                aggregates[key] = known.Add(value, options);
            }
            else
            {
                aggregates[key] = MetricAggregate.First(value, options, hasSteps);
                Claim(key, hasSteps, name);
            }

            if (_ending || (_endingEpoch && !string.Equals(key, name, StringComparison.Ordinal)))
            {
                // It is visible at once, because nothing is reduced before the callbacks that follow.
                Show(name, value, options.ProgressBar, forLoggers: null);
            }
        }

        if (onStep)
        {
            Show(name, value, options.ProgressBar, forLoggers: forked ? null : name);
            if (forked)
            {
                Show(name + Step, value, options.ProgressBar, forLoggers: name);
            }
        }
    }

    /// <summary>Returns the weight of a value: the argument if given, or the batch size in a mean.</summary>
    internal double WeightOf(string name, double? weight, MetricReduction reduction) => weight switch
    {
        null => reduction == MetricReduction.Mean ? BatchSize.Value : 1,
        > 0 and < double.PositiveInfinity => weight.Value,
        _ => throw new ArgumentOutOfRangeException(
            nameof(weight), weight,
            $"The weight of the metric '{name}' must be a finite number above 0. Do not log a value that counts nothing."),
    };

    /// <summary>Registers a metric object to be computed at the end of the epoch or evaluation.</summary>
    internal void Record(string name, IMetric metric, bool progressBar)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Names.Claim(name, Moment, name, isObject: true);
        _objects.Add(name, metric, progressBar, _evaluating);
    }

    /// <summary>Returns the values logged by the batches of the latest step, once, for loggers.</summary>
    internal IReadOnlyDictionary<string, double> OfStep()
    {
        var fresh = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, (metric, value)) in _step)
        {
            if (TryGetFresh(metric, out _))
            {
                fresh[name] = value;
            }
        }

        _step.Clear();
        return fresh;
    }

    internal void BeginBatch() => _batch.Clear();

    /// <summary>Called after an optimizer step. Values logged by its last batch belong to the step; all others are older.</summary>
    internal void CountStep(long globalStep)
    {
        GlobalStep = globalStep;
        foreach (var name in _batch)
        {
            _values[name] = _values[name] with { GlobalStep = globalStep };
        }

        _batch.Clear();
    }

    internal void BeginEvaluation()
    {
        AbandonEvaluation();
        _objects.BeginEvaluation();
        _evaluating = true;
    }

    /// <summary>Begins hooks outside of epochs and evaluations; <see cref="EndEvaluation"/> returns the metrics they log.</summary>
    internal void BeginHooks()
    {
        AbandonEvaluation();
        (_evaluating, _ending) = (true, true);
    }

    internal IReadOnlyDictionary<string, double> EndEvaluation()
    {
        var moment = Moment;
        (_evaluating, _ending) = (false, false);
        return Reduce(_evaluation, moment);
    }

    /// <summary>Discards what an evaluation has logged, and what it has counted in metric objects.</summary>
    internal void AbandonEvaluation()
    {
        (_evaluating, _ending) = (false, false);
        _evaluation.Clear();
        _objects.AbandonEvaluation();
    }

    /// <summary>Called after the last batch of an epoch, before the hooks of its end.</summary>
    internal IReadOnlyDictionary<string, double> EndEpoch()
    {
        _endingEpoch = true;
        return Reduce(_training, MetricMoment.Training);
    }

    /// <summary>Called after the hooks of an epoch's end, whose values belong to the same epoch.</summary>
    internal IReadOnlyDictionary<string, double> EndEpochHooks()
    {
        _endingEpoch = false;
        return Reduce(_training, MetricMoment.EpochEnd);
    }

    internal StateMap StateDict()
    {
        var (epoch, newest) = (new StateMap(), new StateMap());
        foreach (var (name, mean) in _training)
        {
            epoch[name] = mean.StateDict();
        }

        // In the order in which they were first logged, so that a progress view keeps it.
        foreach (var (name, metric) in _values)
        {
            newest[name] = new StateList([metric.Value, metric.GlobalStep, metric.ProgressBar]);
        }

        var state = new StateMap { ["epoch"] = epoch, ["newest"] = newest, ["has_validated"] = HasValidated };
        _objects.AddTo(state);
        return state;
    }

    /// <summary>Restores the metrics of a checkpoint, if it has any.</summary>
    internal bool TakeOver(TrainingState state)
    {
        if (state.Find($"{CheckpointKeys.Fulgurite}.metrics") is not { } metrics)
        {
            return false;
        }

        LoadStateDict(metrics.AsMap());
        return true;
    }

    private void LoadStateDict(StateMap state)
    {
        Clear();
        foreach (var (name, value) in state["epoch"].AsMap())
        {
            _training[name.ToString()] = MetricAggregate.Load(value.AsList());
        }

        foreach (var (name, value) in state["newest"].AsMap())
        {
            var parts = value.AsList();
            _values[name.ToString()] = new MetricValue(parts[0].AsReal(), parts[1].AsInteger(), parts[2].AsBoolean());
        }

        // Training claims its names first, as in an uninterrupted run.
        foreach (var (name, aggregate) in _training)
        {
            Claim(name, aggregate.HasSteps, PlainOf(name) ?? name);
            Names.Claim(name, MetricMoment.Training, PlainOf(name) ?? name);
        }

        HasValidated = state["has_validated"].AsBoolean();
        _objects.Load(state);
    }

    internal void Clear()
    {
        _values.Clear();
        _training.Clear();
        _batch.Clear();
        _step.Clear();
        Names.Clear();
        BatchSize.Clear();
        (HasValidated, _endingEpoch) = (false, false);
        AbandonEvaluation();
        _objects.Clear();
    }

    private Dictionary<string, double> Reduce(OrderedDictionary<string, MetricAggregate> aggregates, MetricMoment moment)
    {
        var reduced = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, aggregate) in aggregates)
        {
            var result = (Share?.Invoke(aggregate) ?? aggregate).Result;
            _values[name] = new MetricValue(result, GlobalStep, aggregate.ProgressBar);

            // Under the plain name, loggers have already received the value of the last step, with the same global step.
            var inTraining = moment is MetricMoment.Training or MetricMoment.EpochEnd;
            var shown = aggregate.HasSteps ? Names.Claim(name + Epoch, moment, name) : inTraining ? name : Names.Claim(name, moment, name);
            reduced[shown] = result;

            // Also replaces the latest value under the plain name.
            if (PlainOf(name) is { } plain)
            {
                _values[plain] = _values[name];
            }
        }

        foreach (var (name, metric, progressBar) in _objects.Take(ReferenceEquals(aggregates, _evaluation)))
        {
            var result = ResultOf(metric);
            reduced[Names.Claim(name, moment, name, isObject: true)] = result;
            _values[name] = new MetricValue(result, GlobalStep, progressBar);
        }

        aggregates.Clear();
        return reduced;
    }

    private double ResultOf(IMetric metric)
    {
        if (metric is IMergeableMetric mergeable)
        {
            Merge?.Invoke(mergeable);
            return metric.Compute();
        }

        var own = metric.Compute();
        return Share?.Invoke(new MetricAggregate(own, 1, MetricReduction.Mean, ProgressBar: false)).Result ?? own;
    }

    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    /// <param name="progressBar">Whether the progress line shows it.</param>
    /// <param name="forLoggers">The metric that is sent to loggers under this name; null for none.</param>
    private void Show(string name, double value, bool progressBar, string? forLoggers)
    {
        _values[name] = new MetricValue(value, GlobalStep, progressBar);
        if (!_evaluating)
        {
            _batch.Add(name);
            if (forLoggers is not null)
            {
                _step[Names.Claim(name, Moment, forLoggers)] = (name, value);
            }
        }
    }

    private MetricMoment Moment =>
        _ending ? MetricMoment.End : _evaluating ? MetricMoment.Evaluation : _endingEpoch ? MetricMoment.EpochEnd : MetricMoment.Training;

    /// <summary>Claims the name of a new aggregate for loggers when its first value is recorded.</summary>
    private void Claim(string key, bool hasSteps, string metric)
    {
        if (_evaluating || hasSteps)
        {
            Names.Claim(hasSteps ? key + Epoch : key, Moment, metric);
        }
    }

    /// <summary>The metric whose epoch value has this name; null if the name is that of a metric.</summary>
    private string? PlainOf(string name) =>
        name.EndsWith(Epoch, StringComparison.Ordinal) && name[..^Epoch.Length] is var plain && _values.ContainsKey(plain + Step)
            ? plain
            : null;
}
