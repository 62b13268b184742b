using Microsoft.Extensions.Logging;

namespace Fulgurite.Testing;

/// <summary>Collects log messages: as a logger, or as the factory or provider of all loggers of a test. Safe for several threads.</summary>
/// <param name="minimum">The lowest level to collect. Default: all levels.</param>
public class CollectingLogger(LogLevel minimum = LogLevel.Trace) : ILogger, ILoggerFactory, ILoggerProvider
{
    private readonly List<(LogLevel Level, string Message)> _entries = [];

    /// <summary>Gets the messages with their levels, oldest first.</summary>
    public IReadOnlyList<(LogLevel Level, string Message)> Entries
    {
        get
        {
            lock (_entries)
            {
                return [.. _entries];
            }
        }
    }

    /// <summary>Gets the messages, oldest first.</summary>
    public IReadOnlyList<string> Messages => [.. Entries.Select(entry => entry.Message)];

    /// <summary>Removes the messages collected so far.</summary>
    public void Clear()
    {
        lock (_entries)
        {
            _entries.Clear();
        }
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider)
    {
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        if (IsEnabled(logLevel))
        {
            lock (_entries)
            {
                _entries.Add((logLevel, formatter(state, exception)));
            }
        }
    }

    /// <summary>Does nothing: the messages stay readable.</summary>
    public void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>Collects the messages of one category.</summary>
/// <typeparam name="T">The category.</typeparam>
public sealed class CollectingLogger<T> : CollectingLogger, ILogger<T>;
