namespace Fulgurite.Callbacks;

/// <summary>
/// The best state in memory, and the one before it, which is released only once the copy of the newer one is known to be intact.
/// </summary>
/// <param name="metric">The monitored metric, for messages.</param>
/// <param name="logger">The logger for a copy that is not intact.</param>
internal sealed partial class KeptStates(string metric, ILogger logger) : IDisposable
{
    private BestState? _before;

    /// <summary>Gets the best state; null if there is none.</summary>
    public BestState? Best { get; private set; }

    /// <summary>Takes a better state. Call <see cref="Settle"/> before.</summary>
    /// <param name="state">The state; owned from now on.</param>
    public void Keep(BestState state) => (_before, Best) = (Best, state);

    /// <summary>Returns whether a state in memory is to be written to a path.</summary>
    public bool Holds(string path) =>
        string.Equals(Best?.Path, path, StringComparison.Ordinal) || string.Equals(_before?.Path, path, StringComparison.Ordinal);

    /// <summary>Releases the previous state if the new capture is intact; otherwise, returns to it.</summary>
    /// <returns>The path of the released state; null if none was.</returns>
    public string? Settle()
    {
        if (Best is not { } best)
        {
            return null;
        }

        var released = _before;
        try
        {
            _ = best.State;
        }
        catch (InvalidOperationException exception)
        {
            LogLost(logger, metric, best.Score, exception.Message);
            (released, Best) = (best, _before);
        }

        _before = null;
        released?.Dispose();
        return released?.Path;
    }

    public void Dispose()
    {
        Best?.Dispose();
        _before?.Dispose();
        (Best, _before) = (null, null);
    }

    [LoggerMessage(
        1110, LogLevel.Warning, "The best state ({Metric} = {Score}) could not be stored; the previous best state is intact: {Reason}")]
    private static partial void LogLost(ILogger logger, string metric, double score, string reason);
}
