using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>The log of a process other than rank 0: only errors, since the others are the same in all processes.</summary>
/// <param name="inner">The logger.</param>
internal sealed class RankLogger(ILogger inner) : ILogger
{
    /// <summary>Returns the logger for a process of a group.</summary>
    public static ILogger Of(ILogger logger, ICollectives collectives) => collectives.IsRankZero ? logger : new RankLogger(logger);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error && inner.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
