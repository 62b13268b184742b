using System.Security.Cryptography;
using Fulgurite.Callbacks;
using Fulgurite.IO;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Crash;

/// <summary>
/// A training that another process disturbs. It prints a line for each event: <c>start STEP</c>, <c>step STEP DIGESTS</c> with a digest of
/// each parameter, <c>durable STEP PATH</c>, <c>dropped STEP REASON</c>, <c>end</c>.
/// </summary>
internal static class TrainingWorker
{
    /// <summary>The exit code of a run to its end.</summary>
    public const int Completed = 0;

    /// <summary>Trains.</summary>
    /// <param name="choices">The choices of the training.</param>
    /// <param name="folder">The folder of the checkpoints; empty for a run without any.</param>
    /// <param name="isSlow">Whether every sync takes 100 ms.</param>
    public static async Task<int> RunAsync(TrainingCase choices, string folder, bool isSlow)
    {
        set_num_threads(1);
        manual_seed(3);
        using var signals = TerminationSignals.Listen();
        using var module = new WorkerModule(choices.IsFused);
        using var inputs = rand(96, 24).DetachFromDisposeScope();
        using var targets = inputs.sin().sum(1, keepdim: true).DetachFromDisposeScope();
        var data = DataSource.FromTensors(inputs, targets, new() { BatchSize = 8, Shuffle = true, Seed = 5 });
        var storage = new LocalStorage(null, isSlow ? new SlowCalls() : FileCalls.Native);
        CheckpointIO io = choices.IsSafetensors ? new SafetensorsCheckpointIO(storage) : new TorchCheckpointIO(storage);
        await using var background = choices.IsBackground ? new AsyncCheckpointIO(io) : null;
        await using var trainer = new Trainer(
            new SingleDeviceStrategy(background ?? io),
            new TrainerOptions
            {
                MaxEpochs = null,
                MaxSteps = TrainingCase.Steps,
                OnCheckpointFailure = CheckpointFailurePolicy.Continue,
                DefaultRootDirectory = folder.Length == 0 ? Path.GetTempPath() : folder,
            },
            folder.Length == 0 ? [Witness()] : [Saver(choices, folder), Witness()]);
        await trainer.FitAsync(module, data, null, folder.Length == 0 ? null : trainer.FindLastCheckpoint(), signals.Token);
        Console.WriteLine("end");
        return signals.ExitCode;
    }

    private static Checkpoint Saver(TrainingCase choices, string folder) => choices.IsInMemory
        ? new BestInMemoryCheckpoint(
            new BestInMemoryOptions
            {
                DirPath = folder,
                Monitor = WorkerModule.Metric,
                WriteAfter = TimeSpan.FromMilliseconds(20),
                WriteWhenIdle = true,
            })
        : new ModelCheckpoint(new ModelCheckpointOptions
        {
            DirPath = folder,
            Filename = "best-{step}",
            Monitor = WorkerModule.Metric,
            SaveTopK = 3,
            SaveLast = true,
            EveryNTrainSteps = choices.EveryNSteps,
        });

    private static LambdaCallback Witness()
    {
        var isFirst = true;
        return new LambdaCallback()
            .On<OnTrainBatchStartArguments>(hook =>
            {
                if (isFirst)
                {
                    Console.WriteLine($"start {hook.Trainer.GlobalStep}");
                    isFirst = false;
                }
            })
            .On<OnTrainBatchEndArguments>(
                hook => Console.WriteLine($"step {hook.Trainer.GlobalStep} {string.Join(',', hook.Module.parameters().Select(Digest))}"))
            .On<OnCheckpointDurableArguments>(hook => Console.WriteLine($"durable {hook.Operation.GlobalStep} {hook.Operation.Path}"))
            .On<OnCheckpointDroppedArguments>(
                hook => Console.WriteLine($"dropped {hook.Operation.GlobalStep} {hook.Operation.Failure?.Message}"));
    }

    /// <summary>Returns a digest of a parameter.</summary>
    public static string Digest(Parameter parameter)
    {
        using var flat = parameter.detach().flatten();
        return Convert.ToHexStringLower(SHA256.HashData(flat.bytes).AsSpan(0, 8));
    }

    private sealed class SlowCalls : FileCalls
    {
        public override void Sync(Microsoft.Win32.SafeHandles.SafeFileHandle file)
        {
            Thread.Sleep(100);
            base.Sync(file);
        }
    }

    /// <summary>A small network with random numbers in each step.</summary>
    internal sealed class WorkerModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        public const string Metric = "loss";

        private readonly Linear _first = nn.Linear(24, 160);
        private readonly Dropout _dropout = nn.Dropout(0.2);
        private readonly Linear _second = nn.Linear(160, 1);

        private readonly bool _isFused;

        public WorkerModule(bool isFused)
            : base(nameof(WorkerModule))
        {
            _isFused = isFused;
            RegisterComponents();
        }

        public override OptimizerSetup ConfigureOptimizers() =>
            _isFused ? new FusedAdamW(parameters(), lr: 0.01) : optim.Adam(parameters(), lr: 0.01);

        public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
            var loss = nn.functional.mse_loss(_second.call(_dropout.call(nn.functional.relu(_first.call(batch.Inputs)))), batch.Targets);
            Log(Metric, loss);
            return loss;
        }
    }
}
