namespace Fulgurite;

/// <summary>
/// Watches collective operations of MPI, which return only when all processes have taken part: reports a long one, and ends all processes
/// after the limit.
/// </summary>
/// <remarks>One operation at a time, on any thread. The reports come from a timer.</remarks>
/// <param name="rank">The rank of this process.</param>
/// <param name="options">The limits.</param>
/// <param name="report">Receives the reason of a long wait.</param>
/// <param name="abort">Ends all processes, with the reason.</param>
/// <param name="time">The clock.</param>
internal sealed class MpiWatch(
    int rank, MpiStrategyOptions options, Action<string> report, Action<string> abort, TimeProvider time)
{
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private string? _operation;
    private long _start;
    private bool _isReported;

    /// <summary>Makes a call, and watches it until it returns or throws.</summary>
    /// <param name="operation">The description of the operation.</param>
    /// <param name="call">The call.</param>
    public void Run(string operation, Action call)
    {
        lock (_gate)
        {
            (_operation, _start, _isReported) = (operation, time.GetTimestamp(), false);
            _timer ??= time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(options.ReportAfter, Timeout.InfiniteTimeSpan);
        }

        try
        {
            call();
        }
        finally
        {
            lock (_gate)
            {
                _operation = null;
            }
        }
    }

    private void Look()
    {
        string operation;
        TimeSpan waited;
        lock (_gate)
        {
            if (_operation is null)
            {
                return;
            }

            (operation, waited) = (_operation, time.GetElapsedTime(_start));
            if (waited < (_isReported ? options.Timeout : options.ReportAfter))
            {
                // A timer may be early, or belong to an earlier operation.
                _timer!.Change((_isReported ? options.Timeout : options.ReportAfter) - waited, Timeout.InfiniteTimeSpan);
                return;
            }

            if (!_isReported)
            {
                _isReported = true;
                _timer!.Change(options.Timeout > waited ? options.Timeout - waited : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _operation = null;
            }
        }

        if (waited < options.Timeout)
        {
            report($"Rank {rank} has waited {waited.TotalSeconds:F0} s in {operation} for another rank");
        }
        else
        {
            abort(
                $"it waited {waited.TotalSeconds:F0} s in {operation} for another rank, and "
                    + $"{nameof(MpiStrategyOptions)}.{nameof(options.Timeout)} is {options.Timeout}.");
        }
    }
}
