using AttentionXml.Policies;
using Fulgurite;
using Fulgurite.Callbacks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AttentionXml.Run;

/// <summary>The trainer and all that it is made of.</summary>
internal sealed class Composition : IAsyncDisposable
{
    private readonly IHost _host;

    /// <param name="options">What the run was told.</param>
    /// <param name="batchesPerEpoch">How many batches an epoch has; there is at least one validation in each.</param>
    /// <param name="directory">Where checkpoints go.</param>
    /// <param name="policy">What is saved, and how.</param>
    /// <param name="observers">Callbacks besides the one that saves.</param>
    public Composition(RunOptions options, int batchesPerEpoch, string directory, SavingPolicy policy, params IEnumerable<Callback> observers)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders()
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
            .AddFilter(IsForTheUser);

        var trainer = builder.Services
            .AddTrainer(o =>
            {
                o.MaxEpochs = options.Epochs;
                o.MaxSteps = options.MaxSteps;
                o.ValidationInterval = Math.Min(options.ValidateEvery, batchesPerEpoch);
                o.DefaultRootDirectory = directory;
                o.OnCheckpointFailure = CheckpointFailurePolicy.Stop;
            })
            .AddStrategy<SingleDeviceStrategy>();
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

    // A save that fails ends the run by an exception, which says once what the log says at greater length.
    private static bool IsForTheUser(string? category, LogLevel level) =>
        level >= LogLevel.Warning && (level != LogLevel.Error || category?.StartsWith(nameof(Fulgurite), StringComparison.Ordinal) != true);
}
