using System.Security.Cryptography;
using System.Text.Json;
using Fulgurite.Callbacks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Storage.Stores;

/// <summary>A small training with checkpoints in a store, composed from a configuration as an application does it.</summary>
public sealed class StoreTraining : IAsyncDisposable
{
    private const int Rows = 16, BatchSize = 4;

    private readonly ServiceProvider _services;
    private readonly Model _model;
    private readonly Tensor _inputs;

    /// <summary>Composes it.</summary>
    /// <param name="kind">moto, s3rver or azurite.</param>
    /// <param name="endpoint">The URL of the store.</param>
    /// <param name="folder">The URL of the folder.</param>
    /// <param name="layers">The names of the layers of the CheckpointIO.</param>
    /// <param name="epochs">The number of epochs.</param>
    /// <param name="inDirPath">Whether the URL is that of the callback instead of the root directory of the trainer.</param>
    /// <param name="stuckAfter">The step after which it does not go on, once all saves are durable; null for none.</param>
    /// <param name="logger">Receives the log; null for none.</param>
    public StoreTraining(string kind, Uri endpoint, string folder, string[] layers, int epochs, bool inDirPath = false,
        int? stuckAfter = null, CollectingLogger? logger = null)
    {
        manual_seed(3);
        _model = new Model();
        _inputs = rand(Rows, 4);
        var callback = new Dictionary<string, object> { ["Plugin"] = "model-checkpoint", ["SaveLast"] = true, ["EveryNTrainSteps"] = 2 };
        var trainer = new Dictionary<string, object>
        {
            ["MaxEpochs"] = epochs,
            ["OnCheckpointFailure"] = logger is null ? "FailAtEnd" : "Continue",
            ["CheckpointIO"] = layers,
            ["Callbacks"] = new[] { callback },
        };
        (inDirPath ? callback : trainer)[inDirPath ? "DirPath" : "DefaultRootDirectory"] = folder;
        using var json = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new { Trainer = trainer }));
        var services = new ServiceCollection();
        if (logger is not null)
        {
            services.AddSingleton<ILoggerFactory>(logger);
        }

        var builder = services.AddTrainer(new ConfigurationBuilder().AddJsonStream(json).Build().GetSection("Trainer"));
        builder.AddCallback(new LambdaCallback().On<OnTrainBatchEndArguments>(arguments =>
        {
            if (arguments.Trainer.GlobalStep == stuckAfter)
            {
                ((AsyncCheckpointIO)arguments.Trainer.Strategy.CheckpointIO).FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
                Console.WriteLine("stuck");
                Thread.Sleep(Timeout.Infinite);
            }
        }));
        if (kind == "azurite")
        {
            services.AddSingleton(TestStore.Blobs(endpoint, retries: 3));
            builder.AddAzureBlobStorage();
        }
        else
        {
            services.AddSingleton<Amazon.S3.IAmazonS3>(TestStore.S3(endpoint, retries: 3));
            builder.AddS3Storage();
        }

        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    /// <summary>Gets the number of steps of an epoch.</summary>
    public static int StepsPerEpoch => Rows / BatchSize;

    /// <summary>Gets the checkpoint that the last fit has begun with; null for none.</summary>
    public string? ResumedFrom { get; private set; }

    /// <summary>Gets the digest of the weights.</summary>
    public string Weights => Convert.ToHexString(
        SHA256.HashData([.. _model.parameters().SelectMany(parameter => parameter.detach().bytes.ToArray())]));

    /// <summary>Trains, from the newest checkpoint if there is one.</summary>
    public FitResult Fit()
    {
        var trainer = _services.GetRequiredService<Trainer>();
        var result = trainer.Fit(
            _model, DataSource.FromTensors(_inputs, new() { BatchSize = BatchSize, Shuffle = true, Seed = 5 }), null, Resume.IfPossible);
        ResumedFrom = trainer.ResumedFrom;
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _inputs.Dispose();
        _model.Dispose();
    }

    private sealed class Model : TrainingModule<Tensor>
    {
        private readonly Linear _layer = nn.Linear(4, 4);

        public Model()
            : base(nameof(Model)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), 0.01);

        public override Tensor TrainingStep(Tensor batch, int batchIndex) => nn.functional.mse_loss(_layer.call(batch), batch);
    }
}
