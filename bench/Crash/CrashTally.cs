using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.Crash;

/// <summary>The counts of a crash test. Every failure is printed to the error output with its seed.</summary>
internal sealed class CrashTally
{
    private int _kills, _unreadable, _lost, _mismatched, _faults, _states;

    public int Kills => _kills;

    public int Unreadable => _unreadable;

    public int Lost => _lost;

    public int Mismatched => _mismatched;

    public int Faults => _faults;

    public int States => _states;

    public int Failures => _unreadable + _lost + _mismatched;

    public bool HasFailures => Failures > 0;

    public void CountKill() => Interlocked.Increment(ref _kills);

    public void CountFault() => Interlocked.Increment(ref _faults);

    public void CountState() => Interlocked.Increment(ref _states);

    /// <summary>Counts a file under its final name that is not one of the saved states.</summary>
    public void AddUnreadable(string what) => Add(ref _unreadable, nameof(Unreadable), what);

    /// <summary>Counts a state that was reported durable and is gone.</summary>
    public void AddLost(string what) => Add(ref _lost, nameof(Lost), what);

    /// <summary>Counts a run, or a report, that differs from the undisturbed one.</summary>
    public void AddMismatched(string what) => Add(ref _mismatched, nameof(Mismatched), what);

    /// <summary>Adds the counts of a part.</summary>
    public void Add(CrashTally part)
    {
        _kills += part._kills;
        _unreadable += part._unreadable;
        _lost += part._lost;
        _mismatched += part._mismatched;
        _faults += part._faults;
        _states += part._states;
    }

    /// <summary>Prints the counts.</summary>
    public void Print(string part, int seed, double seconds, JsonObject? more = null)
    {
        var line = new JsonObject
        {
            ["command"] = "crash",
            ["part"] = part,
            ["seed"] = seed,
            ["kills"] = _kills,
            ["unreadable"] = _unreadable,
            ["lost"] = _lost,
            ["mismatched"] = _mismatched,
            ["faults"] = _faults,
            ["states"] = _states,
            ["seconds"] = JsonLine.Round(seconds),
        };
        foreach (var (name, value) in more ?? [])
        {
            line[name] = value?.DeepClone();
        }

        JsonLine.Print(line);
    }

    private static void Add(ref int counter, string name, string what)
    {
        Interlocked.Increment(ref counter);
        Console.Error.WriteLine($"{name}: {what}");
    }
}
