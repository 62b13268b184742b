using Fulgurite.State;

namespace Fulgurite;

/// <summary>The metric objects of the running module: those registered, and those logged since the last epoch or evaluation.</summary>
internal sealed class MetricObjects
{
    private readonly Dictionary<string, (IMetric Metric, bool ProgressBar)> _training = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (IMetric Metric, bool ProgressBar)> _evaluation = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, IMetric> _registered = new Dictionary<string, IMetric>(StringComparer.Ordinal);

    /// <summary>Sets the registered objects, whose state is part of the run.</summary>
    public void Attach(IReadOnlyDictionary<string, IMetric> registered) => _registered = registered;

    /// <summary>Adds an object to those that the end of the epoch or evaluation computes.</summary>
    public void Add(string name, IMetric metric, bool progressBar, bool evaluating) =>
        (evaluating ? _evaluation : _training)[name] = (metric, progressBar);

    /// <summary>Returns the logged objects, then resets and removes them.</summary>
    public IEnumerable<(string Name, IMetric Metric, bool ProgressBar)> Take(bool evaluating)
    {
        var logged = evaluating ? _evaluation : _training;
        foreach (var (name, (metric, progressBar)) in logged)
        {
            yield return (name, metric, progressBar);
            metric.Reset();
        }

        logged.Clear();
    }

    /// <summary>Resets and removes the objects that an evaluation logged.</summary>
    public void AbandonEvaluation()
    {
        foreach (var (metric, _) in _evaluation.Values)
        {
            metric.Reset();
        }

        _evaluation.Clear();
    }

    /// <summary>Removes the logged objects of training and resets the registered ones.</summary>
    public void Clear()
    {
        _training.Clear();
        AbandonEvaluation();
        foreach (var metric in _registered.Values)
        {
            metric.Reset();
        }
    }

    /// <summary>Adds the state of the registered objects, if any, and which of them training has logged.</summary>
    public void AddTo(StateMap state)
    {
        if (_registered.Count == 0)
        {
            return;
        }

        var (objects, logged) = (new StateMap(), new StateMap());
        foreach (var (name, metric) in _registered.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            objects[name] = metric.StateDict();
        }

        foreach (var (name, (metric, progressBar)) in _training.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            logged[name] = new StateList([NameOf(metric), progressBar]);
        }

        (state["objects"], state["logged"]) = (objects, logged);
    }

    /// <summary>Restores what <see cref="AddTo"/> added.</summary>
    public void Load(StateMap state)
    {
        if (!state.TryGetValue("objects", out var objects))
        {
            return;
        }

        foreach (var (name, metric) in _registered)
        {
            if (objects.AsMap().TryGetValue(name, out var saved))
            {
                metric.LoadStateDict(saved.AsMap());
            }
        }

        foreach (var (name, entry) in state["logged"].AsMap())
        {
            if (_registered.TryGetValue(entry.AsList()[0].AsText(), out var metric))
            {
                _training[name.ToString()] = (metric, entry.AsList()[1].AsBoolean());
            }
        }
    }

    private string NameOf(IMetric metric) => _registered.First(entry => ReferenceEquals(entry.Value, metric)).Key;
}
