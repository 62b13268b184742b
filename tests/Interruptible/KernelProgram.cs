using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Interruptible;

/// <summary>
/// Trains twice for a step and prints what is logged, and which kernels MKL has: they are of the process, so that each case needs one.
/// </summary>
internal static class KernelProgram
{
    public const string Name = "kernels";

    public static void Run(IReadOnlyList<string> arguments)
    {
        if (arguments.Contains("off"))
        {
            AppContext.SetSwitch(ReproducibleKernels.SwitchName, false);
        }

        if (arguments.Contains("late"))
        {
            using var one = ones(2, 2);
            one.matmul(one).Dispose();
        }

        try
        {
            Fit(arguments.Contains("deterministic"));
            Fit(arguments.Contains("deterministic"));
            Console.WriteLine($"{ReproducibleKernels.Request()} {ReproducibleKernels.Mode}");
        }
        catch (NotSupportedException exception)
        {
            Console.WriteLine(exception.Message);
        }
    }

    private static void Fit(bool isDeterministic)
    {
        using var log = LoggerFactory.Create(builder => builder.AddProvider(new ConsoleLines()));
        using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());
        using var trainer = new Trainer(
            strategy,
            new TrainerOptions { MaxSteps = 1, EnableCheckpointing = false, Deterministic = isDeterministic },
            loggerFactory: log);
        using var module = new NoisyModule(wait: null, stuck: null, CancellationToken.None);
        trainer.Fit(module, Enumerable.Range(0, 1).Select(_ => (rand(4, 4), rand(4, 1))));
    }

    private sealed class ConsoleLines : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Console.WriteLine($"{logLevel}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
