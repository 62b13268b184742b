namespace Fulgurite;

/// <summary>A save by rank 0, with a save operation in every process.</summary>
internal sealed class SharedSave
{
    private readonly SaveOperationSource _source;
    private readonly SaveOperation? _own;
    private TimeSpan _stall;

    public SharedSave(string path, SaveOptions? options, Func<string, SaveOperation?> submit)
    {
        _source = new SaveOperationSource(path, options);
        _own = submit(path);
        if (_own is null)
        {
            _source.SetCaptured(0);
            return;
        }

        AddStall();
        _ = _own.Captured.ContinueWith(
            _ => _source.SetCaptured(_own.ByteCount), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    public SaveOperation Operation => _source.Operation;

    public bool HasEnded => _own is null || _own.Outcome != CheckpointOutcome.Pending;

    /// <summary>Returns the outcome as far as this process knows it.</summary>
    public SaveEnd End() => _own is { } own
        ? new SaveEnd(own.Outcome, own.ByteCount, own.QueueTime, own.WriteTime, own.Failure?.Message)
        : new SaveEnd(
            CheckpointOutcome.Failed, 0, default, default,
            $"It is unknown whether rank 0 saved the checkpoint '{Operation.Path}': the connection between the processes was lost.");

    public void Settle(SaveEnd end)
    {
        if (_own is not null)
        {
            AddStall();
            _source.AddProcessorTime(_own.ProcessorTime);
        }

        _source.TrySet(
            end.Outcome, end.ByteCount, (end.QueueTime, end.WriteTime),
            () => _own?.Failure ?? new CheckpointException(end.Failure ?? "The save did not complete.", Operation.Path));
    }

    private void AddStall()
    {
        _source.AddStall(_own!.Stall - _stall);
        _stall = _own.Stall;
    }
}

/// <summary>The outcome of a save by rank 0, for the other processes.</summary>
internal sealed record SaveEnd(CheckpointOutcome Outcome, long ByteCount, TimeSpan QueueTime, TimeSpan WriteTime, string? Failure);
