using System.Diagnostics;

namespace Fulgurite.Tests.IO.Async;

/// <summary>
/// Lets one of several threads run at a time. Each stops where it calls <see cref="Stop"/>, until the schedule chooses it.
/// </summary>
internal sealed class Baton(Interleavings interleavings)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly object _gate = new();
    private readonly List<Actor> _actors = [];
    private volatile bool _isOpen;

    /// <summary>Adds an actor.</summary>
    /// <param name="name">Its name in messages.</param>
    /// <param name="isBlocked">Whether it cannot go on before another one does, or has nothing to do, while it neither stopped nor
    /// ended.</param>
    public Actor Add(string name, Func<bool> isBlocked)
    {
        var actor = new Actor(name, isBlocked);
        _actors.Add(actor);
        return actor;
    }

    /// <summary>Waits until the schedule chooses the actor whose thread calls this.</summary>
    public void Stop(Actor actor)
    {
        lock (_gate)
        {
            actor.HasStopped = true;
            Monitor.PulseAll(_gate);
            while (actor.HasStopped && !_isOpen)
            {
                Monitor.Wait(_gate);
            }

            actor.HasStopped = false;
        }
    }

    /// <summary>Says that the actor does nothing more.</summary>
    public void End(Actor actor)
    {
        lock (_gate)
        {
            actor.HasEnded = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Runs all until none can go on.</summary>
    /// <param name="onStep">Called before each step, while all stand still.</param>
    public void Run(Action onStep)
    {
        Actor? current = null;
        while (true)
        {
            WaitForStandstill();
            var ready = _actors.Where(actor => actor.HasStopped).ToArray();
            if (ready.Length == 0)
            {
                return;
            }

            onStep();
            current = interleavings.ChooseActor(ready, current);
            lock (_gate)
            {
                current.HasStopped = false;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Stops nobody any more.</summary>
    public void Open()
    {
        lock (_gate)
        {
            _isOpen = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void WaitForStandstill()
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            lock (_gate)
            {
                if (_actors.All(actor => actor.HasStopped || actor.HasEnded))
                {
                    return;
                }
            }

            if (_actors.All(actor => actor.HasStopped || actor.HasEnded || actor.IsBlocked()))
            {
                return;
            }

            if (watch.Elapsed > Longest)
            {
                var states = string.Join(
                    ", ", _actors.Select(actor => $"{actor.Name} {(actor.HasStopped ? "stopped" : actor.HasEnded ? "ended" : "hangs")}"));
                throw new AssertFailedException($"The writer hangs: {states}.");
            }

            // Not a busy wait: the thread that writes gives way to others. What ends a block wakes nobody here.
            lock (_gate)
            {
                if (!_actors.All(actor => actor.HasStopped || actor.HasEnded))
                {
                    Monitor.Wait(_gate, 1);
                }
            }
        }
    }

    /// <summary>A thread, or several of which one runs at a time.</summary>
    internal sealed class Actor(string name, Func<bool> isBlocked)
    {
        private volatile bool _hasStopped;
        private volatile bool _hasEnded;

        public string Name { get; } = name;

        public Func<bool> IsBlocked { get; } = isBlocked;

        public bool HasStopped
        {
            get => _hasStopped;
            set => _hasStopped = value;
        }

        public bool HasEnded
        {
            get => _hasEnded;
            set => _hasEnded = value;
        }
    }
}
