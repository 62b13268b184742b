using System.Globalization;
using Fulgurite.Callbacks;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Crash;

/// <summary>
/// One of several processes that train together, and that another process disturbs. It appends a line for each event to
/// <c>rank-NUMBER.log</c>: <c>pid ID</c>, <c>start STEP</c>, <c>step STEP DIGESTS</c>, <c>durable STEP</c>, <c>waits MESSAGE</c>,
/// <c>end</c>.
/// </summary>
internal static class RankWorker
{
    /// <summary>The number of optimizer steps of a whole run.</summary>
    public const int Steps = 240;

    /// <summary>Trains.</summary>
    /// <param name="choices">The choices of the training.</param>
    /// <param name="folder">The folder of logs, and of the checkpoints below it.</param>
    /// <param name="saves">Whether it saves.</param>
    public static async Task<int> RunAsync(TrainingCase choices, string folder, bool saves)
    {
        set_num_threads(1);
        manual_seed(3);
        using var module = new TrainingWorker.WorkerModule(isFused: true);
        using var inputs = rand(96, 24).DetachFromDisposeScope();
        using var targets = inputs.sin().sum(1, keepdim: true).DetachFromDisposeScope();
        var data = DataSource.FromTensors(inputs, targets, new() { BatchSize = 8, Shuffle = true, Seed = 5 });
        CheckpointIO io = choices.IsSharded ? new ShardedCheckpointIO()
            : choices.IsSafetensors ? new SafetensorsCheckpointIO() : new TorchCheckpointIO();
        using var log = new RankLog();
        await using var trainer = new Trainer(
            new MpiStrategy(
                new AsyncCheckpointIO(io),
                new MpiStrategyOptions { ReportAfter = TimeSpan.FromSeconds(2), Timeout = TimeSpan.FromSeconds(8) },
                log),
            new TrainerOptions
            {
                MaxEpochs = null,
                MaxSteps = Steps,
                OnCheckpointFailure = CheckpointFailurePolicy.Continue,
                DefaultRootDirectory = folder,
            },
            saves ? [Saver(choices, folder), Witness(log)] : [Witness(log)]);
        log.Open(folder, trainer.Strategy.Collectives.Rank);
        log.Write($"pid {Environment.ProcessId}");
        await trainer.FitAsync(module, data, null, saves ? Fulgurite.Resume.IfPossible : null);
        log.Write("end");
        return TrainingWorker.Completed;
    }

    private static ModelCheckpoint Saver(TrainingCase choices, string folder) => new(new ModelCheckpointOptions
    {
        DirPath = Path.Combine(folder, RanksRun.Checkpoints),
        Filename = "best-{step}",
        Monitor = TrainingWorker.WorkerModule.Metric,
        SaveTopK = 2,
        SaveLast = true,
        EveryNTrainSteps = choices.EveryNSteps,
    });

    private static LambdaCallback Witness(RankLog log)
    {
        var isFirst = true;
        return new LambdaCallback()
            .On<OnTrainBatchStartArguments>(hook =>
            {
                if (isFirst)
                {
                    log.Write($"start {hook.Trainer.GlobalStep}");
                    isFirst = false;
                }
            })
            .On<OnTrainBatchEndArguments>(hook => log.Write(
                $"step {hook.Trainer.GlobalStep} {string.Join(',', hook.Module.parameters().Select(TrainingWorker.Digest))}"))
            .On<OnCheckpointDurableArguments>(hook => log.Write(
                string.Create(CultureInfo.InvariantCulture, $"durable {hook.Operation.GlobalStep}")));
    }

    /// <summary>Writes lines to a file; the messages of the strategy among them.</summary>
    private sealed class RankLog : ILogger<MpiStrategy>, IDisposable
    {
        private StreamWriter? _file;

        public void Open(string folder, int rank) =>
            _file = new StreamWriter(Path.Combine(folder, $"rank-{rank}.log"), append: false) { AutoFlush = true };

        public void Write(string line) => _file?.Write(line + "\n");

        public void Dispose() => _file?.Dispose();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Write($"waits {formatter(state, exception)}");
            }
        }
    }
}
