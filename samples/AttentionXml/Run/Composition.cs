using AttentionXml.Model;
using AttentionXml.Policies;
using Fulgurite;
using Fulgurite.Callbacks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AttentionXml.Run;

/// <summary>The trainer and its parts.</summary>
internal sealed class Composition : IAsyncDisposable
{
    private readonly IHost _host;

    /// <param name="options">The options of the run.</param>
    /// <param name="batchesPerEpoch">The number of batches in an epoch, the largest number between two validations.</param>
    /// <param name="directory">The folder of checkpoints.</param>
    /// <param name="policy">The checkpoint policy.</param>
    /// <param name="observers">Further callbacks.</param>
    public Composition(
        RunOptions options, int batchesPerEpoch, string directory, SavingPolicy policy, params IEnumerable<Callback> observers)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders()
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
            .AddFilter(IsForTheUser);

        var interval = Math.Min(options.ValidateEvery, batchesPerEpoch);
        var trainer = builder.Services
            .AddTrainer(o =>
            {
                o.MaxEpochs = options.Epochs;
                o.MaxSteps = options.MaxSteps;
                (o.ValidationInterval, o.CheckValidationEveryNEpochs, o.ValidateAtEnd) = (interval, null, true);
                o.DefaultRootDirectory = directory;
                o.OnCheckpointFailure = CheckpointFailurePolicy.Stop;
            });
        if (Launcher.IsPresent)
        {
            trainer.AddStrategy<MpiStrategy>(o => o.CompareEvery = interval);
        }
        else
        {
            trainer.AddStrategy<SingleDeviceStrategy>();
        }

        if (options.AverageFrom is { } firstEpoch)
        {
            trainer.AddCallback(new AverageAtValidations(firstEpoch, interval, (long)options.Epochs * batchesPerEpoch));
        }

        if (options.Patience is { } patience)
        {
            trainer.AddCallback<EarlyStopping>(
                o => (o.Monitor, o.Mode, o.Patience) = (AttentionXmlModule.Ndcg5, MonitorMode.Max, patience));
        }

        policy.AddTo(trainer, directory);
        foreach (var observer in observers)
        {
            trainer.AddCallback(observer);
        }

        _host = builder.Build();
        Trainer = _host.Services.GetRequiredService<Trainer>();
    }

    public Trainer Trainer { get; }

    public ValueTask DisposeAsync() => ((IAsyncDisposable)_host).DisposeAsync();

    // A failed save ends the run with an exception, which makes the longer log message redundant.
    private static bool IsForTheUser(string? category, LogLevel level) =>
        level >= LogLevel.Warning && (level != LogLevel.Error || category?.StartsWith(nameof(Fulgurite), StringComparison.Ordinal) != true);
}
