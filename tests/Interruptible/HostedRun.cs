using Fulgurite.Callbacks;
using Fulgurite.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Interruptible;

/// <summary>The same training as a service of a host.</summary>
internal static class HostedRun
{
    public static async Task<int> RunAsync(string folder, int? stuck, int? busy, int? timeout)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddSingleton<ITrainingData<(Tensor Inputs, Tensor Targets)>, RandomData>();
        builder.Services.AddTransient(_ => new NoisyModule(wait: null, stuck, CancellationToken.None) { Busy = busy });
        builder.Services.AddTrainer(options => (options.MaxEpochs, options.DefaultRootDirectory) = (null, folder))
            .AddCheckpointIO<AsyncCheckpointIO>()
            .AddCallback<ModelCheckpoint>(options => (options.DirPath, options.SaveLast, options.EveryNTrainSteps) = (folder, true, 5))
            .AddTrainingJob<NoisyModule>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(timeout ?? 60_000));

        // What the job asks for is to be the longer one.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(1));
        await builder.Build().RunAsync();
        Console.WriteLine("host ended");
        return Environment.ExitCode;
    }

    private sealed class RandomData : ITrainingData<(Tensor Inputs, Tensor Targets)>
    {
        public IEnumerable<(Tensor Inputs, Tensor Targets)> Train => Enumerable.Range(0, 15).Select(_ => (rand(4, 4), rand(4, 1)));
    }
}
