using System.Diagnostics;
using System.Security.Cryptography;
using Fulgurite;
using static TorchSharp.torch;

namespace ResumeAfterCrash;

/// <summary>
/// A training that is hard to resume: dropout, batch norm, shuffling, accumulation, a schedule, validations within epochs.
/// </summary>
internal static class NoisyTraining
{
    public const int Steps = 200;

    private const int StepsPerSave = 5;

    public static async Task RunAsync(string folder, long? killAfterStep)
    {
        Trainer.SeedEverything(1);
        using var inputs = rand(500, 8);
        using var targets = inputs.sum(1, keepdim: true) + (0.1 * randn(500, 1));
        var data = DataSource.FromTensors(inputs, targets, new() { BatchSize = 10, Shuffle = true, Workers = 2 });
        using var module = new NoisyModule();
        await using var trainer = Trainer.Create(builder => builder
            .Configure(o =>
            {
                o.MaxSteps = Steps;
                o.AccumulateGradBatches = 2;
                o.ValidationInterval = 17;
                o.DefaultRootDirectory = folder;
            })
            .AddAsyncCheckpointIO()
            .AddModelCheckpoint(o => (o.SaveLast, o.EveryNTrainSteps) = (true, StepsPerSave))
            .AddCallback(new LambdaCallback()
                // The run resumes before the step of the kill: pending saves are lost.
                .On<OnFitStartArguments>(arguments => Console.WriteLine(arguments.Trainer.ResumedFrom is { } file
                    ? $"resumes from {Path.GetFileName(file)}, after step {arguments.Trainer.GlobalStep}"
                    : "starts from the beginning"))
                // On Linux and macOS this is SIGKILL: no flush, no handlers.
                .On<OnTrainBatchEndArguments>(arguments =>
                {
                    if (arguments.Trainer.GlobalStep == killAfterStep)
                    {
                        // Saves are written in the background: the first one must be durable, or there is nothing to resume.
                        SpinWait.SpinUntil(() => killAfterStep < StepsPerSave || HasCheckpoint(folder), TimeSpan.FromSeconds(30));
                        Process.GetCurrentProcess().Kill();
                    }
                })));

        await trainer.FitAsync(module, data, data, checkpointPath: trainer.FindLastCheckpoint());
        Console.WriteLine($"weights {Hash(module)}");
    }

    private static bool HasCheckpoint(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.ckpt", SearchOption.AllDirectories).Any();

    private static string Hash(NoisyModule module)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, tensor) in module.state_dict())
        {
            hash.AppendData(tensor.bytes);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
