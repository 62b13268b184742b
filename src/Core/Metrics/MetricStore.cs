using System.Diagnostics.CodeAnalysis;
using Fulgurite.Checkpointing;
using Fulgurite.State;

namespace Fulgurite.Metrics;

/// <summary>
/// What was logged. During training a metric shows its newest value; at the end of an epoch or a validation the mean of what was
/// recorded in it takes its place.
/// </summary>
/// <remarks>Used on the thread of the run only; <see cref="Snapshot"/> may be asked for at its hooks.</remarks>
public sealed class MetricStore
{
    private readonly Dictionary<string, MetricValue> _values = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, Mean> _training = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, Mean> _validation = new(StringComparer.Ordinal);
    private readonly HashSet<string> _batch = new(StringComparer.Ordinal);
    private bool _validating;

    internal MetricStore()
    {
    }

    internal long GlobalStep { get; set; }

    /// <summary>Whether a validation has ended in the run.</summary>
    public bool HasValidated { get; internal set; }

    /// <summary>The value of a metric, if it was ever logged.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value with the step that it belongs to.</param>
    public bool TryGet(string name, [MaybeNullWhen(false)] out MetricValue value) => _values.TryGetValue(name, out value);

    /// <summary>The value of a metric, if it belongs to the parameters as they are now.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    public bool TryGetFresh(string name, out double value)
    {
        var found = _values.TryGetValue(name, out var metric) && metric.GlobalStep == GlobalStep;
        value = found ? metric.Value : double.NaN;
        return found;
    }

    /// <summary>All metrics as they are now.</summary>
    public IReadOnlyDictionary<string, MetricValue> Snapshot() => new Dictionary<string, MetricValue>(_values, StringComparer.Ordinal);

    internal void Record(string name, double value, MetricOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var means = _validating ? _validation : _training;
        means.TryGetValue(name, out var mean);
        means[name] = new Mean(mean.Sum + (value * options.Weight), mean.Weight + options.Weight, options.ProgressBar);
        if (!_validating)
        {
            _values[name] = new MetricValue(value, GlobalStep, options.ProgressBar);
            _batch.Add(name);
        }
    }

    internal void BeginBatch() => _batch.Clear();

    /// <summary>The optimizer stepped: what the batch behind the step logged belongs to the step, everything else is older than it.</summary>
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
        _validation.Clear();
        _validating = true;
    }

    internal IReadOnlyDictionary<string, double> EndEvaluation()
    {
        _validating = false;
        return Reduce(_validation);
    }

    internal void AbandonEvaluation()
    {
        _validating = false;
        _validation.Clear();
    }

    internal IReadOnlyDictionary<string, double> EndEpoch() => Reduce(_training);

    internal StateMap StateDict()
    {
        var (epoch, newest) = (new StateMap(), new StateMap());
        foreach (var (name, mean) in _training)
        {
            epoch[name] = new StateList([mean.Sum, mean.Weight, mean.ProgressBar]);
        }

        foreach (var (name, metric) in _values.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            newest[name] = new StateList([metric.Value, metric.GlobalStep, metric.ProgressBar]);
        }

        return new StateMap { ["epoch"] = epoch, ["newest"] = newest, ["has_validated"] = HasValidated };
    }

    /// <summary>Takes over what a checkpoint keeps of metrics, if it keeps any.</summary>
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
            var parts = value.AsList();
            _training[name.ToString()] = new Mean(parts[0].AsReal(), parts[1].AsReal(), parts[2].AsBoolean());
        }

        foreach (var (name, value) in state["newest"].AsMap())
        {
            var parts = value.AsList();
            _values[name.ToString()] = new MetricValue(parts[0].AsReal(), parts[1].AsInteger(), parts[2].AsBoolean());
        }

        HasValidated = state["has_validated"].AsBoolean();
    }

    internal void Clear()
    {
        _values.Clear();
        _training.Clear();
        _batch.Clear();
        HasValidated = false;
        AbandonEvaluation();
    }

    private Dictionary<string, double> Reduce(OrderedDictionary<string, Mean> means)
    {
        var reduced = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, mean) in means)
        {
            reduced[name] = mean.Sum / mean.Weight;
            _values[name] = new MetricValue(reduced[name], GlobalStep, mean.ProgressBar);
        }

        means.Clear();
        return reduced;
    }

    private readonly record struct Mean(double Sum, double Weight, bool ProgressBar);
}
