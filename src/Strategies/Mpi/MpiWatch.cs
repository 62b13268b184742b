using System.Diagnostics;

namespace Fulgurite;

/// <summary>
/// Watches collective operations of MPI, which return only when all processes have taken part: reports a long one, and ends all processes
/// after the limit.
/// </summary>
/// <remarks>One operation at a time, on any thread. The reports come from a timer.</remarks>
/// <param name="process">The membership in the group.</param>
/// <param name="options">The limits.</param>
/// <param name="report">Receives the reason of a long wait.</param>
internal sealed class MpiWatch(MpiProcess process, MpiStrategyOptions options, Action<string> report)
{
    private readonly Lock _gate = new();
    private Timer? _timer;
    private string? _operation;
    private long _start;
    private bool _isReported;

    /// <summary>Called before an operation.</summary>
    public void Begin(string operation)
    {
        lock (_gate)
        {
            (_operation, _start, _isReported) = (operation, Stopwatch.GetTimestamp(), false);
            _timer ??= new Timer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(options.ReportAfter, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Called after it.</summary>
    public void End()
    {
        lock (_gate)
        {
            _operation = null;
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

            (operation, waited) = (_operation, Stopwatch.GetElapsedTime(_start));
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
            report($"Rank {process.Rank} has waited {waited.TotalSeconds:F0} s in {operation} for another rank");
        }
        else
        {
            process.Abort(
                $"it waited {waited.TotalSeconds:F0} s in {operation} for another rank, and "
                    + $"{nameof(MpiStrategyOptions)}.{nameof(options.Timeout)} is {options.Timeout}.");
        }
    }
}
