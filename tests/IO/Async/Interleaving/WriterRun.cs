using System.Reflection;
using ThreadState = System.Threading.ThreadState;

namespace Fulgurite.Tests.IO.Async;

/// <summary>
/// One run of an <see cref="AsyncCheckpointIO"/> whose threads stop where they ask for the time, log, and enter and leave the inner
/// implementation.
/// </summary>
internal sealed class WriterRun : IDisposable
{
    private const int WaitsForMemory = 5;
    private const int WaitsForMilestones = 10;

    private const int LiveBytes = 64;

    private readonly Interleavings _interleavings;
    private readonly AsyncCheckpointOptions _options;
    private readonly Baton _baton;
    private readonly Baton.Actor _writer;
    private readonly Hooks _hooks;
    private readonly WorkQueue _queue;
    private readonly ArenaPool _pool;
    private readonly List<Thread> _threads = [];
    private readonly List<LiveMemory> _memories = [];
    private readonly ThreadLocal<Baton.Actor?> _actor = new();
    private readonly ThreadLocal<int> _clocks = new();
    private int _faults;
    private volatile int _waitsFor;

    public WriterRun(Interleavings interleavings, AsyncCheckpointOptions options, int faults)
    {
        (_interleavings, _options, _faults) = (interleavings, options, faults);
        _baton = new Baton(interleavings);
        _hooks = new Hooks(this);
        Io = new AsyncCheckpointIO(new Inner(this), options, _hooks, _hooks);
        _queue = Field<WorkQueue>("_queue");
        _pool = Field<ArenaPool>("_pool");
        _writer = _baton.Add("writer", () => _queue.Count == 0);
    }

    public AsyncCheckpointIO Io { get; }

    /// <summary>Gets the saves in the order in which they were asked for.</summary>
    public List<SaveOperation> Saves { get; } = [];

    /// <summary>Gets what the inner implementation did, in order: the path, the step (null for a removal), how it ended.</summary>
    public List<(string Path, int? Step, CheckpointOutcome Outcome)> Writes { get; } = [];

    /// <summary>Gets what is stored, by path.</summary>
    public Dictionary<string, int> Stored { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets what was asked for in order: the path, and the step; null for a removal.</summary>
    public List<(string Path, int? Step)> Asked { get; } = [];

    public List<Task> Tasks { get; } = [];

    /// <summary>Gets how many other files were begun since the resume point that waits was asked for.</summary>
    public int MaxOthersBeforeResumePoint { get; private set; }

    public long MaxMemory { get; private set; }

    private int? Others { get; set; }

    public void Save(string path, SaveOptions? options = null, bool isLive = false)
    {
        var step = Asked.Count;
        TrainingState state;
        if (isLive)
        {
            var memory = new LiveMemory(LiveBytes);
            _memories.Add(memory);
            state = SampleStates.Live(memory, step);
        }
        else
        {
            state = SampleStates.Small(step);
        }

        Save(state, path, step, options);
    }

    public void Save(TrainingState state, string path, int step, SaveOptions? options)
    {
        Asked.Add((path, step));
        var operation = Io.Submit(state, path, options);
        Io.BeforeParametersChange();
        Saves.Add(operation);
        if (options?.IsResumePoint == true && !Writes.Any(write => write.Step == step))
        {
            Others ??= 0;
        }
    }

    public void Remove(string path)
    {
        Asked.Add((path, null));
        Tasks.Add(Io.RemoveCheckpointAsync(path, CancellationToken.None));
    }

    public void Flush() => Tasks.Add(Io.FlushAsync(CancellationToken.None));

    /// <summary>Does the steps of each caller, and what the writer makes of them, as the schedule has it.</summary>
    public void Run(Action<WriterRun>[][] callers)
    {
        foreach (var (index, steps) in callers.Index())
        {
            var actor = _baton.Add($"caller {index}", IsCallerBlocked);
            var thread = new Thread(() => Do(steps, actor)) { IsBackground = true, Name = actor.Name };
            _threads.Add(thread);
            thread.Start();
        }

        _baton.Run(() => MaxMemory = Math.Max(MaxMemory, Io.Statistics.MemoryBytes));
    }

    /// <summary>Waits for the end of everything that is under way.</summary>
    public void Drain()
    {
        Assert.IsTrue(Io.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(20)), "The drain does not end.");
        Assert.IsTrue(
            Task.WhenAll(Tasks).ContinueWith(_ => { }, TaskScheduler.Default).Wait(TimeSpan.FromSeconds(20)),
            "Something that was asked for does not end.");
    }

    public void Dispose()
    {
        _baton.Open();
        _threads.ForEach(thread => thread.Join());
        try
        {
            // After a failed assertion, the writer still works, and its thread would end the process if it met what is disposed below.
            Drain();
        }
        catch (AssertFailedException)
        {
            return;
        }

        _memories.ForEach(memory => memory.Dispose());
        _actor.Dispose();
        _clocks.Dispose();
    }

    private T Field<T>(string name) =>
        (T)typeof(AsyncCheckpointIO).GetField(name, BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(Io)!;

    private void Do(Action<WriterRun>[] steps, Baton.Actor actor)
    {
        _actor.Value = actor;
        foreach (var step in steps)
        {
            Stop();
            _clocks.Value = 0;
            step(this);
        }

        _baton.End(actor);
    }

    // Only one caller saves, and it waits only where the others cannot help.
    private bool IsCallerBlocked() => _writer.HasStopped && _waitsFor switch
    {
        WaitsForMilestones => _queue.Count - 1 >= _options.MaxWaitingMilestones,
        WaitsForMemory => IsWithoutMemory(),
        _ => false,
    };

    // In this order: once it was given memory there is no room again, and then it is not asleep before it stops, where it waits for
    // nothing.
    private bool IsWithoutMemory() =>
        !_pool.HasRoom(LiveBytes, _options.MemoryBudget)
        && _threads[0].ThreadState.HasFlag(ThreadState.WaitSleepJoin)
        && _waitsFor == WaitsForMemory;

    private void Stop()
    {
        if (_actor.Value is { } caller)
        {
            _waitsFor = 0;
            _baton.Stop(caller);
        }
        else if (Thread.CurrentThread.Name?.StartsWith("Fulgurite checkpoints", StringComparison.Ordinal) == true)
        {
            _baton.Stop(_writer);
        }
    }

    private void OnSave(int step, string path)
    {
        if (string.Equals(path, "last", StringComparison.Ordinal))
        {
            Others = null;
        }
        else if (Others is { } count)
        {
            Others = count + 1;
            MaxOthersBeforeResumePoint = Math.Max(MaxOthersBeforeResumePoint, count + 1);
        }

        Writes.Add((path, step, CheckpointOutcome.Pending));
    }

    private sealed class Inner(WriterRun run) : CheckpointIO
    {
        private int _running;

        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            Assert.AreEqual(1, Interlocked.Increment(ref _running), "Two writes at once.");
            var step = SampleStates.StepOf(checkpoint);
            run.OnSave(step, path);
            try
            {
                run.Stop();
                if (run._faults > 0 && run._interleavings.Choose(2) == 1)
                {
                    run._faults--;
                    run.Writes[^1] = (path, step, CheckpointOutcome.Failed);
                    throw new IOException($"step {step}");
                }

                if (cancellationToken.IsCancellationRequested)
                {
                    run.Writes[^1] = (path, step, CheckpointOutcome.Cancelled);
                    cancellationToken.ThrowIfCancellationRequested();
                }

                run.Stored[path] = step;
                run.Writes[^1] = (path, step, CheckpointOutcome.Durable);
                run.Stop();
                return Task.CompletedTask;
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
        {
            Assert.AreEqual(1, Interlocked.Increment(ref _running), "Two writes at once.");
            run.Writes.Add((path, null, CheckpointOutcome.Durable));
            run.Stop();
            run.Stored.Remove(path);
            Interlocked.Decrement(ref _running);
            return Task.CompletedTask;
        }
    }

    /// <summary>The clock and the logger.</summary>
    private sealed class Hooks(WriterRun run) : TimeProvider, ILogger<AsyncCheckpointIO>
    {
        public override long GetTimestamp()
        {
            // Of a caller: after the capture, before anything is superseded. Of the writer: when an item was taken, before it is begun, and
            // when its memory was given back.
            var count = ++run._clocks.Value;
            if (run._actor.Value is not null)
            {
                if (count == 2)
                {
                    run.Stop();
                }
            }
            else if (count is 1 or 4)
            {
                run.Stop();
            }

            return 0;
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // The queue or the pool of memory is locked then.
            if (eventId.Id is WaitsForMemory or WaitsForMilestones)
            {
                run._waitsFor = eventId.Id;
            }
            else
            {
                run.Stop();
                run._clocks.Value = 0;
            }
        }
    }
}
