using System.Runtime.InteropServices;
using Fulgurite.Callbacks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Interruptible;

/// <summary>Programs that leave signals, or the terminal, to the framework.</summary>
internal static class DefaultProgram
{
    public const string Signals = "defaults";
    public const string Terminal = "terminal";

    /// <summary>Arguments: FOLDER STEPS [wait] [stuck] [off] [own]: trains without a token, and goes on after the fit.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        set_num_threads(1);
        using var released = new ManualResetEventSlim();
        var isStuck = arguments.Contains("stuck");
        using var interrupt = isStuck ? null : PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => released.Set());
        using var terminate = isStuck ? null : PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => released.Set());
        using var module = new SmallModule(isStuck || arguments.Contains("wait") ? 20 : null, released);
        await using var trainer = Trainer.Create(builder =>
        {
            builder.Configure(options =>
            {
                (options.MaxEpochs, options.MaxSteps) = (null, long.Parse(arguments[1], null));
                (options.DefaultRootDirectory, options.StopOnSignals) = (arguments[0], !arguments.Contains("off"));
            });
            _ = arguments.Contains("own")
                ? builder.AddCallback<FifthStepCheckpoint>()
                : builder.AddModelCheckpoint(options => (options.SaveLast, options.EveryNTrainSteps) = (true, 5));
        });
        var result = await trainer.FitAsync(module, SmallModule.Batches(10_000), checkpointPath: Resume.IfPossible);
        Console.WriteLine($"after the fit: {result.IsInterrupted} at step {result.GlobalStep}");
        return Environment.ExitCode;
    }

    /// <summary>Arguments: FOLDER [kept]: a host with its default log providers, and a view on the terminal.</summary>
    public static async Task RunOnTerminalAsync(string[] arguments)
    {
        var kept = new KeptStreams(arguments.Contains("kept") ? [Console.Out, Console.Error] : []);
        kept.Start();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddTrainer(options => (options.MaxEpochs, options.DefaultRootDirectory) = (2, arguments[0]))
            .AddCallback<Talker>()
            .AddCallback(kept)
            .AddProgressView(options =>
                (options.RefreshInterval, options.ShowModel, options.ShowSummary) = (TimeSpan.Zero, false, false));
        using var host = builder.Build();
        kept.Stop();
        using var module = new SmallModule(waitsAt: null, released: null);
        await host.Services.GetRequiredService<Trainer>().FitAsync(module, SmallModule.Batches(20));
    }

    private sealed class FifthStepCheckpoint : Checkpoint
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (arguments.Trainer.GlobalStep == 5)
            {
                Save(
                    arguments.Trainer, weightsOnly: false,
                    (Path.Combine(arguments.Trainer.Options.DefaultRootDirectory, "fifth.ckpt"), null));
            }
        }
    }

    /// <summary>Writes to the console and to the log while the live line is shown.</summary>
    private sealed class Talker(ILogger<Talker> logger) : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            var step = arguments.Trainer.GlobalStep;
            logger.LogWarning("The log of step {Step} ends here.", step);
            Console.WriteLine($"The output of step {step} ends here.");
            Console.Error.WriteLine($"The error of step {step} ends here.");
        }
    }

    /// <summary>
    /// Writes all the time to streams that the program kept before the trainer shares the console: while it does, and during a few steps.
    /// </summary>
    private sealed class KeptStreams(TextWriter[] streams) : Callback
    {
        private volatile bool _isWriting;

        public void Start()
        {
            _isWriting = true;
            Task.WaitAll(Array.ConvertAll(streams, Start));
        }

        public void Stop() => _isWriting = false;

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            switch (arguments.Trainer.GlobalStep)
            {
                case 1:
                    Start();
                    break;
                case 5:
                    Stop();
                    break;
                default:
                    break;
            }
        }

        private Task Start(TextWriter stream)
        {
            var started = new TaskCompletionSource();
            new Thread(() =>
            {
                while (_isWriting)
                {
                    stream.Write("\u001b[m");
                    started.TrySetResult();
                }
            })
            { IsBackground = true }.Start();
            return started.Task;
        }
    }

    private sealed class SmallModule : TrainingModule<Tensor>
    {
        private readonly Linear _linear = nn.Linear(4, 1);
        private readonly int? _waitsAt;
        private readonly ManualResetEventSlim? _released;

        public SmallModule(int? waitsAt, ManualResetEventSlim? released)
            : base(nameof(SmallModule))
        {
            (_waitsAt, _released) = (waitsAt, released);
            RegisterComponents();
        }

        public static IEnumerable<Tensor> Batches(int count) => Enumerable.Range(0, count).Select(_ => ones(4, 4));

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.01);

        public override Tensor TrainingStep(Tensor batch, int batchIndex)
        {
            if (GlobalStep == _waitsAt)
            {
                Console.WriteLine("ready");
                _released!.Wait();
            }

            return _linear.call(batch).mean();
        }
    }
}
