using Fulgurite.Testing.Conformance;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Tests.IO.Documentation;

/// <summary>The code of docs/checkpointing.md, which the tests of docs compare.</summary>
[TestClass]
public sealed class CheckpointingSnippets(TestContext context)
{
    [TestMethod]
    public async Task Composed()
    {
        var builder = new { Services = new ServiceCollection() };
        builder.Services
            .AddTrainer()
            .AddCheckpointIO<TorchCheckpointIO>()
            .AddCheckpointIO<AsyncCheckpointIO>(o => o.MemoryBudget = 8L << 30);
        await using var services = builder.Services.BuildServiceProvider();
        var io = services.GetRequiredService<Trainer>().Strategy.CheckpointIO.GetCapability<AsyncCheckpointIO>();
        Assert.AreEqual(8L << 30, io!.Options.MemoryBudget);
    }

    [TestMethod]
    public async Task Policies()
    {
        var services = new ServiceCollection();
        services.AddTrainer()
            .AddCheckpointIO<AsyncCheckpointIO>()
            .AddCallback<ModelCheckpoint>(o =>
            {
                o.Monitor = "val_loss";
                o.SaveTopK = 3;
                o.SaveLast = true;
                o.MaxDataLoss = TimeSpan.FromSeconds(30);
            });
        await using var provider = services.BuildServiceProvider();
        var callback = (ModelCheckpoint)provider.GetRequiredService<Trainer>().CheckpointCallback!;

        Assert.AreEqual(TimeSpan.FromSeconds(30), callback.Options.MaxDataLoss);
        Assert.IsNotNull(callback.Durability);
        Assert.IsFalse(
            new AfterWarmUp(new EveryNStepsTrigger(5), 10).IsDue(
                new CheckpointMoment(CheckpointMomentKind.TrainBatchEnd, 10, 0, true, false)));
        Assert.IsTrue(
            new AfterWarmUp(new EveryNStepsTrigger(5), 10).IsDue(
                new CheckpointMoment(CheckpointMomentKind.TrainBatchEnd, 15, 0, true, false)));
    }

    [TestMethod]
    public async Task InMemory()
    {
        var services = new ServiceCollection();
        services.AddTrainer()
            .AddCheckpointIO<AsyncCheckpointIO>()
            .AddCallback<BestInMemoryCheckpoint>(o =>
            {
                o.Monitor = "val_ndcg5";
                o.Mode = MonitorMode.Max;
                o.SaveWeightsOnly = true;
                o.WriteAfter = TimeSpan.FromMinutes(10);
            });
        await using var provider = services.BuildServiceProvider();

        Assert.IsInstanceOfType<BestInMemoryCheckpoint>(provider.GetRequiredService<Trainer>().CheckpointCallbacks.Single());
    }

    [TestMethod]
    public async Task ByHand()
    {
        using var directory = new TemporaryDirectory();
        var path = directory["a.ckpt"];
        using var memory = new LiveMemory(1 << 20);
        var state = SampleStates.Live(memory, 1);

        await using var io = new AsyncCheckpointIO(new TorchCheckpointIO());
        var operation = io.Submit(state, path, new SaveOptions { Slot = "last" });
        // ... train on; before each optimizer step:
        io.BeforeParametersChange();
        await operation.Completion;
        Console.WriteLine($"{operation.Path}: {operation.Outcome}, training waited {operation.Stall.TotalMilliseconds} ms");

        Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome);
        Assert.IsTrue(await io.ExistsAsync(path, context.CancellationToken));
    }
}

internal sealed class AfterWarmUp(ICheckpointTrigger inner, long steps) : ICheckpointTrigger
{
    public bool IsDue(in CheckpointMoment moment) => inner.IsDue(moment) && moment.GlobalStep > steps;
}

[TestClass]
public sealed class MyCheckpointIOTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new MyCheckpointIO(directory);
}

/// <summary>Keeps files below a folder, as the simplest implementation of one's own does.</summary>
internal sealed class MyCheckpointIO(string directory) : CheckpointIO
{
    private readonly TorchCheckpointIO _files = new();

    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
        _files.SaveCheckpointAsync(checkpoint, Below(path), context, cancellationToken);

    public override Task<TrainingState> LoadCheckpointAsync(
        string path, LoadOptions? options, CancellationToken cancellationToken) =>
        _files.LoadCheckpointAsync(Below(path), options, cancellationToken);

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) =>
        _files.RemoveCheckpointAsync(Below(path), cancellationToken);

    public override IAsyncEnumerable<CheckpointEntry> ListFilesAsync(string directory, CancellationToken cancellationToken) =>
        _files.ListFilesAsync(Below(directory), cancellationToken);

    private string Below(string path) => path.Length == 0 ? path : Path.Combine(directory, path);
}
