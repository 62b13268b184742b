using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Composition;

/// <summary>
/// Writes warnings and errors to the error stream where nobody else takes log messages: what a run warns of is not to go by unseen in a program
/// that never thought of logging.
/// </summary>
[ProviderAlias("StandardError")]
internal sealed class StandardErrorLoggerProvider(bool isOn) : ILoggerProvider
{
    /// <summary>Adds logging with this provider, which is silent once another one is registered, before or after.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.AddLogging();
        ServiceDescriptor? own = null;
        own = ServiceDescriptor.Singleton<ILoggerProvider, StandardErrorLoggerProvider>(_ =>
            new StandardErrorLoggerProvider(isOn: services.All(service => service.ServiceType != typeof(ILoggerProvider) || ReferenceEquals(service, own))));
        services.TryAddEnumerable(own);
    }

    public ILogger CreateLogger(string categoryName) => new Logger(isOn, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose()
    {
    }

    private sealed class Logger(bool isOn, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => isOn && logLevel is >= LogLevel.Warning and not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            // Asked for at each message: a progress view takes its place while it draws, and writes above what it shows.
            Console.Error.WriteLine($"{(logLevel == LogLevel.Warning ? "warning" : "error")} ({name}): {formatter(state, exception)}{Causes(exception)}");
        }

        private static string Causes(Exception? exception) =>
            exception is null ? string.Empty : $" ({exception.GetType().Name}: {exception.Message}){Causes(exception.InnerException)}";
    }
}
