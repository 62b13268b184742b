namespace Fulgurite.Tests.Callbacks.Durability;

/// <summary>
/// A disk in simulated time: a write takes so long by the clock of the test, and there is room for so many files. The test moves the clock
/// by <see cref="Advance"/>, which lets the writes that are due end one by one and waits for what follows from each.
/// </summary>
internal sealed class SlowDisk(FakeTimeProvider time, TimeSpan writeTime, int room = int.MaxValue)
    : CheckpointIO, ICheckpointCapture, ICheckpointFiles
{
    private readonly object _gate = new();
    private readonly long _start = time.GetTimestamp();
    private readonly Dictionary<string, long> _files = new(StringComparer.Ordinal);
    private TimeSpan? _due;
    private bool _isWriting;
    private bool _runsFree;
    private bool _isSynchronous;
    private int _told;

    /// <summary>Gets the simulated time since the start.</summary>
    public TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Gets the names that were written, in order, with the steps of their states and when each was durable.</summary>
    public List<(string Name, long Step, TimeSpan At)> Written { get; } = [];

    /// <summary>Gets how many files there were at most, with one that is being written.</summary>
    public int MostFiles { get; private set; }

    /// <summary>Gets the files with the steps of their states.</summary>
    public IReadOnlyDictionary<string, long> Files => _files;

    /// <summary>Moves the clock.</summary>
    /// <param name="span">How far.</param>
    /// <param name="io">What is asked to write here.</param>
    public void Advance(TimeSpan span, PendingCheckpointIO io)
    {
        var end = Now + span;
        lock (_gate)
        {
            while (true)
            {
                WaitUntilWritingOrIdle(io);
                if (_due is not { } due || due > end)
                {
                    break;
                }

                MoveTo(due);
                _due = null;
                Monitor.PulseAll(_gate);
            }

            MoveTo(end);
        }
    }

    /// <summary>The trainer drains.</summary>
    public void WriteResumePointsFirst() => RunFree();

    /// <summary>A file is larger than all states.</summary>
    public long? GetAvailableBytes(string path)
    {
        lock (_gate)
        {
            return Math.Max(0, room - _files.Count - (_isWriting ? 1 : 0)) * (long)int.MaxValue;
        }
    }

    /// <summary>
    /// From now on each write moves the clock itself: the training thread waits for writes, and is told of each before the next one ends.
    /// </summary>
    public void RunFree()
    {
        lock (_gate)
        {
            _runsFree = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>All writes are made by the training thread.</summary>
    public void RunSynchronously() => (_runsFree, _isSynchronous) = (true, true);

    /// <summary>The training thread was told of the end of one more write.</summary>
    public void Told()
    {
        lock (_gate)
        {
            _told++;
            Monitor.PulseAll(_gate);
        }
    }

    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(path);
        lock (_gate)
        {
            MostFiles = Math.Max(MostFiles, _files.Count + 1);
            if (_files.Count + 1 > room)
            {
                return Task.FromException(new CheckpointException("no space is left on the device", path) { IsTransient = true });
            }

            var due = Now + writeTime;
            (_due, _isWriting) = (due, true);
            Monitor.PulseAll(_gate);
            while (_due is not null && (!_runsFree || (!_isSynchronous && _told < Written.Count)))
            {
                Monitor.Wait(_gate);
            }

            (_due, _isWriting) = (null, false);
            MoveTo(due);
            _files[name] = checkpoint["global_step"].AsInteger();
            Written.Add((name, _files[name], Now));
        }

        return Task.CompletedTask;
    }

    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
        Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _files.Remove(Path.GetFileName(path));
        }

        return Task.CompletedTask;
    }

    public override Task<bool> ExistsAsync(string path, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(_files.ContainsKey(Path.GetFileName(path)));
        }
    }

    private void MoveTo(TimeSpan moment) => time.Advance(moment > Now ? moment - Now : TimeSpan.Zero);

    private void WaitUntilWritingOrIdle(PendingCheckpointIO io)
    {
        var idle = io.WhenIdle();
        _ = idle.ContinueWith(
            _ =>
            {
                lock (_gate)
                {
                    Monitor.PulseAll(_gate);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
        while (_due is null && !idle.IsCompleted)
        {
            Monitor.Wait(_gate);
        }
    }
}
