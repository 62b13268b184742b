namespace Fulgurite.Tests.IO.Async;

/// <summary>
/// Enumerates the choices of runs that are repeated: depth first, each run repeats the choices of the one before up to the last that has
/// another alternative. A switch away from an actor that could go on is a preemption; their number a run may be bounded.
/// </summary>
internal sealed class Interleavings(int maxPreemptions)
{
    private readonly List<(int Taken, int Count)> _choices = [];
    private int _position;
    private int _preemptions;

    /// <summary>Gets the choices of this run so far, for the message of a failure.</summary>
    public string Path => string.Join(' ', _choices.Take(_position).Select(choice => choice.Taken));

    /// <summary>Begins the next run.</summary>
    /// <returns>Whether there is one.</returns>
    public bool MoveNext()
    {
        if (_position > 0)
        {
            while (_choices.Count > 0 && _choices[^1].Taken == _choices[^1].Count - 1)
            {
                _choices.RemoveAt(_choices.Count - 1);
            }

            if (_choices.Count == 0)
            {
                return false;
            }

            _choices[^1] = (_choices[^1].Taken + 1, _choices[^1].Count);
        }

        (_position, _preemptions) = (0, 0);
        return true;
    }

    /// <summary>Chooses one of several alternatives.</summary>
    public int Choose(int count)
    {
        if (_position == _choices.Count)
        {
            _choices.Add((0, count));
        }

        Assert.AreEqual(_choices[_position].Count, count, "The run is not deterministic.");
        return _choices[_position++].Taken;
    }

    /// <summary>Chooses the actor that goes on.</summary>
    /// <param name="ready">Those that can, at least one.</param>
    /// <param name="current">The one that ran last; null at the beginning.</param>
    public T ChooseActor<T>(IReadOnlyList<T> ready, T? current)
        where T : class
    {
        if (current is null || !ready.Contains(current))
        {
            return ready[Choose(ready.Count)];
        }

        if (_preemptions == maxPreemptions)
        {
            return current;
        }

        T[] ordered = [current, .. ready.Where(actor => actor != current)];
        var chosen = ordered[Choose(ordered.Length)];
        _preemptions += chosen == current ? 0 : 1;
        return chosen;
    }
}
