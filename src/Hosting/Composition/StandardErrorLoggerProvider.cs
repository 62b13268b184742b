using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Composition;

/// <summary>
/// Writes warnings and errors to standard error if no other log provider is registered, so that the warnings of a run are visible in
/// programs that do not configure logging.
/// </summary>
[ProviderAlias("StandardError")]
internal sealed class StandardErrorLoggerProvider(bool isOn) : ILoggerProvider
{
    /// <summary>Adds logging with this provider, which is disabled if another one is registered before or after.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.AddLogging();
        ServiceDescriptor? own = null;
        own = ServiceDescriptor.Singleton<ILoggerProvider, StandardErrorLoggerProvider>(_ =>
            new StandardErrorLoggerProvider(
                isOn: services.All(service => service.ServiceType != typeof(ILoggerProvider) || ReferenceEquals(service, own))));
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

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            // Read for each message: a progress view replaces the stream during a fit.
            Console.Error.WriteLine(
                $"{(logLevel == LogLevel.Warning ? "warning" : "error")} ({name}): {formatter(state, exception)}{Causes(exception)}");
        }

        private static string Causes(Exception? exception) =>
            exception is null ? string.Empty : $" ({exception.GetType().Name}: {exception.Message}){Causes(exception.InnerException)}";
    }
}
