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
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
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

/// <summary>Collects the metrics of a run.</summary>
public sealed class CollectingMetricLogger : IMetricLogger
{
    private readonly List<(string Name, double Value, long Step)> _entries = [];

    /// <summary>Gets the values with the steps they were logged at, oldest first; those of one call by name.</summary>
    public IReadOnlyList<(string Name, double Value, long Step)> Entries => _entries;

    /// <summary>Gets the names of <see cref="Entries"/>.</summary>
    public IEnumerable<string> Names => _entries.Select(entry => entry.Name);

    /// <summary>Returns the values of a metric and their steps.</summary>
    /// <param name="name">The name of the metric.</param>
    public IEnumerable<(double Value, long Step)> Of(string name) =>
        _entries.Where(entry => string.Equals(entry.Name, name, StringComparison.Ordinal)).Select(entry => (entry.Value, entry.Step));

    /// <inheritdoc/>
    public void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        _entries.AddRange(
            metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal).Select(metric => (metric.Key, metric.Value, globalStep)));
    }
}
