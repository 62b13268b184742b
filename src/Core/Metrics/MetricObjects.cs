using Fulgurite.State;

namespace Fulgurite;

/// <summary>The metric objects of the running module: those registered, and those logged since the last epoch or evaluation.</summary>
internal sealed class MetricObjects
{
    private readonly Dictionary<string, (IMetric Metric, bool ProgressBar)> _training = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (IMetric Metric, bool ProgressBar)> _evaluation = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, IMetric> _registered = new Dictionary<string, IMetric>(StringComparer.Ordinal);

    /// <summary>The states of the registered objects before the evaluation that runs; null for none.</summary>
    private StateMap? _before;

    /// <summary>Sets the registered objects, whose state is part of the run.</summary>
    public void Attach(IReadOnlyDictionary<string, IMetric> registered) => _registered = registered;

    /// <summary>Adds an object to those that the end of the epoch or evaluation computes.</summary>
    public void Add(string name, IMetric metric, bool progressBar, bool evaluating) =>
        (evaluating ? _evaluation : _training)[name] = (metric, progressBar);

    /// <summary>
    /// Keeps the states of the registered objects until <see cref="Take"/>. An evaluation that is abandoned is repeated from its start, and
    /// which objects it updates is known only for those that it has logged.
    /// </summary>
    public void BeginEvaluation()
    {
        if (_registered.Count > 0)
        {
            // A copy, because a state may contain live tensors. It is not disposed: a captured state may refer to it.
            _before = new TrainingState(States()).Copy().Root;
        }
    }

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
        _before = evaluating ? null : _before;
    }

    /// <summary>
    /// Removes the objects that an evaluation logged and resets them; all registered ones get the states that they had before it.
    /// </summary>
    public void AbandonEvaluation()
    {
        foreach (var (metric, _) in _evaluation.Values)
        {
            metric.Reset();
        }

        _evaluation.Clear();
        if (_before is { } before)
        {
            _before = null;
            LoadStates(before);
        }
    }

    /// <summary>Removes the logged objects of training and resets the registered ones.</summary>
    public void Clear()
    {
        _before = null;
        _training.Clear();
        AbandonEvaluation();
        foreach (var metric in _registered.Values)
        {
            metric.Reset();
        }
    }

    /// <summary>
    /// Adds the state of the registered objects, if any, and which of them training has logged. Within an evaluation it is the state before
    /// it, because a run that resumes repeats the evaluation.
    /// </summary>
    public void AddTo(StateMap state)
    {
        if (_registered.Count == 0)
        {
            return;
        }

        var logged = new StateMap();
        foreach (var (name, (metric, progressBar)) in _training.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            logged[name] = new StateList([NameOf(metric), progressBar]);
        }

        (state["objects"], state["logged"]) = (_before ?? States(), logged);
    }

    /// <summary>Restores what <see cref="AddTo"/> added.</summary>
    public void Load(StateMap state)
    {
        if (!state.TryGetValue("objects", out var objects))
        {
            return;
        }

        LoadStates(objects.AsMap());
        foreach (var (name, entry) in state["logged"].AsMap())
        {
            if (_registered.TryGetValue(entry.AsList()[0].AsText(), out var metric))
            {
                _training[name.ToString()] = (metric, entry.AsList()[1].AsBoolean());
            }
        }
    }

    private StateMap States()
    {
        var states = new StateMap();
        foreach (var (name, metric) in _registered.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            states[name] = metric.StateDict();
        }

        return states;
    }

    private void LoadStates(StateMap states)
    {
        foreach (var (name, metric) in _registered)
        {
            if (states.TryGetValue(name, out var saved))
            {
                metric.LoadStateDict(saved.AsMap());
            }
        }
    }

    private string NameOf(IMetric metric) => _registered.First(entry => ReferenceEquals(entry.Value, metric)).Key;
}
