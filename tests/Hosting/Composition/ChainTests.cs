namespace Fulgurite.Tests.Hosting.Composition;

[TestClass]
public sealed class ChainTests
{
    private readonly Journal _journal = new();

    public static IEnumerable<object[]> Layers =>
    [
        [Array.Empty<string>()],
        [new[] { "encrypt" }],
        [new[] { "upload" }],
        [new[] { "encrypt", "upload" }],
        [new[] { "upload", "encrypt" }],
    ];

    [TestMethod]
    [DynamicData(nameof(Layers))]
    public async Task AddCheckpointIO_AnyLayers_LastCallIsOutermost(string[] layers)
    {
        foreach (var name in new[] { string.Empty, "teacher" })
        {
            var services = Services();
            var builder = services.AddTrainer(name).AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>();
            foreach (var layer in layers)
            {
                _ = layer == "encrypt" ? builder.AddCheckpointIO<EncryptingIO>() : builder.AddCheckpointIO<UploadingIO>();
            }

            await using var provider = services.Build();

            string[] expected =
                [.. layers.Reverse().Select(layer => layer == "encrypt" ? nameof(EncryptingIO) : nameof(UploadingIO)), nameof(RecordingIO)];
            Assert.AreSequenceEqual(expected, provider.Resolve(name).Describe().CheckpointIO);
        }
    }

    [TestMethod]
    public async Task AddCheckpointIO_BaseNamedLast_IsStillTheInnermost()
    {
        var services = Services();
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<EncryptingIO>().AddCheckpointIO<RecordingIO>();
        await using var provider = services.Build();

        Assert.AreSequenceEqual(
            [nameof(EncryptingIO), nameof(RecordingIO)], provider.GetRequiredService<Trainer>().Describe().CheckpointIO);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Dispose_Provider_DisposesEveryLayerOnceFromTheOutside(bool asynchronously)
    {
        var services = Services();
        services.AddTrainer()
            .AddStrategy<FakeStrategy>()
            .AddCheckpointIO<RecordingIO>()
            .AddCheckpointIO<EncryptingIO>()
            .AddCheckpointIO<UploadingIO>();
        var provider = services.Build();
        provider.GetRequiredService<Trainer>();

        if (asynchronously)
        {
            await provider.DisposeAsync();
        }
        else
        {
            provider.Dispose();
        }

        string[] disposals = ["UploadingIO is disposed", "EncryptingIO is disposed", "RecordingIO is disposed"];
        Assert.AreSequenceEqual(disposals, _journal.Entries.Where(entry => entry.EndsWith("disposed", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task Dispose_OnlyCheckpointIOResolved_DisposesItOnce()
    {
        var services = Services();
        services.AddTrainer().AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>();
        var provider = services.Build();
        provider.GetRequiredService<CheckpointIO>();

        await provider.DisposeAsync();

        Assert.AreSequenceEqual(
            ["EncryptingIO is disposed", "RecordingIO is disposed"],
            _journal.Entries.Where(entry => entry.EndsWith("disposed", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task GetCapability_OfTheBase_IsReachedThroughEveryLayer()
    {
        var services = Services();
        services.AddTrainer()
            .AddStrategy<FakeStrategy>()
            .AddCheckpointIO<ListingIO>()
            .AddCheckpointIO<EncryptingIO>()
            .AddCheckpointIO<UploadingIO>();
        await using var provider = services.Build();

        Assert.AreEqual(7, provider.GetRequiredService<IStrategy>().CheckpointIO.GetCapability<IListing>()?.Count);
    }

    [TestMethod]
    public async Task Strategy_IsHandedTheOutermostLayerItself()
    {
        var services = Services();
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>();
        await using var provider = services.Build();

        Assert.IsInstanceOfType<EncryptingIO>(provider.GetRequiredService<Trainer>().Strategy.CheckpointIO);
    }

    [TestMethod]
    public async Task Submit_ThroughTheService_IsThatOfTheOutermostLayer()
    {
        var services = Services();
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO(new SubmittingIO(_journal));
        await using var provider = services.Build();
        using var state = new TrainingState();

        var operation = provider.GetRequiredService<CheckpointIO>().Submit(state, "a", options: null);

        Assert.AreEqual(CheckpointOutcome.Pending, operation.Outcome);
    }

    /// <summary>Accepts saves and never ends them.</summary>
    private sealed class SubmittingIO(Journal journal) : RecordingIO(journal)
    {
        public override SaveOperation Submit(TrainingState checkpoint, string path, SaveOptions? options) =>
            new SaveOperationSource(path, options).Operation;
    }

    private ServiceCollection Services() => Compose.Services(_journal);
}
