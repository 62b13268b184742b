using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fulgurite.Tests.Hosting.Composition;

/// <summary>
/// What decorating with Scrutor gets wrong if it is done in the collection of the application, and a user's own use of it.
/// </summary>
[TestClass]
public sealed class ScrutorTests
{
    private readonly Journal _journal = new();

    [TestMethod]
    public async Task Decorate_ByTheUserAfterwards_IsOutermost()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>();
        services.Decorate<CheckpointIO, UploadingIO>();
        await using var provider = services.Build();

        Assert.AreSequenceEqual(["UploadingIO", "EncryptingIO", "RecordingIO"], provider.Resolve().Describe().CheckpointIO);
    }

    [TestMethod]
    public async Task Decorate_ByTheUserBetweenCalls_StaysOutsideOfAllLayers()
    {
        var services = Compose.Services(_journal);
        var builder = services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>();
        services.Decorate<CheckpointIO, UploadingIO>();
        builder.AddCheckpointIO<EncryptingIO>();
        await using var provider = services.Build();

        Assert.AreSequenceEqual(["UploadingIO", "EncryptingIO", "RecordingIO"], provider.Resolve().Describe().CheckpointIO);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Decorate_ByTheUser_ChainIsDisposedOnce(bool asynchronously)
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>();
        services.Decorate<CheckpointIO, DisposableUploadingIO>();
        var provider = services.Build();
        provider.Resolve();

        if (asynchronously)
        {
            await provider.DisposeAsync();
        }
        else
        {
            provider.Dispose();
        }

        Assert.AreSequenceEqual(
            ["EncryptingIO is disposed", "RecordingIO is disposed"],
            _journal.Entries.Where(entry => entry.EndsWith("disposed", StringComparison.Ordinal)));

        // What is disposed is not asked to flush again.
        Assert.AreSequenceEqual(["RecordingIO is disposed", "RecordingIO flushes"], _journal.Entries.TakeLast(2));
    }

    [TestMethod]
    public async Task AddTrainer_Twice_WrapsOnce()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>();
        services.AddTrainer(options => options.MaxEpochs = 3);
        await using var provider = services.Build();

        Assert.AreSequenceEqual(["EncryptingIO", "RecordingIO"], provider.Resolve().Describe().CheckpointIO);
        Assert.AreEqual(3, provider.Resolve().Options.MaxEpochs);
        Assert.ContainsSingle(provider.GetServices<Trainer>());
        Assert.ContainsSingle(provider.GetServices<CheckpointIO>());
    }

    [TestMethod]
    public async Task GetServices_CheckpointIO_HidesInnerLayers()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>();
        await using var provider = services.Build();

        Assert.ContainsSingle(provider.GetServices<CheckpointIO>());
        Assert.IsEmpty(provider.GetKeyedServices<CheckpointIO>(KeyedService.AnyKey));
    }

    [TestMethod]
    public async Task AddCheckpointIO_NothingRegisteredYet_WrapsTheDefault()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<EncryptingIO>();
        await using var provider = services.Build();

        Assert.AreSequenceEqual(["EncryptingIO", "TorchCheckpointIO"], provider.Resolve().Describe().CheckpointIO);
    }

    [TestMethod]
    public async Task TryAdd_AfterTheTrainer_HasNoEffect()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>();
        services.TryAddSingleton<CheckpointIO>(_ => new OtherIO(_journal));
        await using var provider = services.Build();

        Assert.AreSequenceEqual(["RecordingIO"], provider.Resolve().Describe().CheckpointIO);
    }

    [TestMethod]
    public async Task Add_BeforeTheTrainer_WinsWhereNoLayerIsNamed()
    {
        var services = Compose.Services(_journal);
        services.AddSingleton<CheckpointIO>(_ => new OtherIO(_journal));
        services.AddTrainer().AddStrategy<FakeStrategy>();
        await using var provider = services.Build();

        Assert.AreSequenceEqual(["OtherIO"], provider.Resolve().Describe().CheckpointIO);
    }

    [TestMethod]
    [DataRow("before")]
    [DataRow("after")]
    [DataRow("replace")]
    public async Task Add_OfACheckpointIOBesideNamedLayers_IsRefusedNotIgnored(string how)
    {
        var services = Compose.Services(_journal);
        var mine = ServiceDescriptor.Singleton<CheckpointIO>(_ => new OtherIO(_journal));
        if (how == "before")
        {
            services.Add(mine);
        }

        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>();
        _ = how switch
        {
            "after" => services.Add(mine),
            "replace" => services.Replace(mine),
            _ => services,
        };
        await using var provider = services.Build();

        Assert.AreEqual(
            "The trainer is given RecordingIO, EncryptingIO with AddCheckpointIO, and OtherIO is registered as CheckpointIO in the "
                + "services, where it stands for the whole chain. Write AddCheckpointIO<OtherIO>() instead of registering it.",
            Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }

    [TestMethod]
    [Timeout(20000, CooperativeCancellation = true)]
    public void Resolve_FactoryThatAsksForTheChainBeingMade_EndsWithAMessage()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>()
            .AddCheckpointIO((provider, _) => new EncryptingIO(provider.GetRequiredService<CheckpointIO>(), _journal));
        using var provider = services.Build();

        Assert.AreEqual(
            "The trainer: a part of its CheckpointIO asks the container for the CheckpointIO that is being made. In a factory of a "
                + "wrapper, use the one that is handed in.",
            Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }

    [TestMethod]
    public async Task Resolve_AfterAFailedTry_MakesTheChainAnew()
    {
        var tries = 0;
        var services = Compose.Services(_journal);
        services.AddTrainer()
            .AddStrategy<FakeStrategy>()
            .AddCheckpointIO(_ => ++tries == 1 ? throw new IOException("No connection.") : new RecordingIO(_journal));
        await using var provider = services.Build();

        Assert.ThrowsExactly<IOException>(() => provider.Resolve());

        Assert.AreSequenceEqual(["RecordingIO"], provider.Resolve().Describe().CheckpointIO);
    }

    [TestMethod]
    public async Task AddCheckpointIO_NamedTrainers_EachHasItsOwnChain()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>();
        services.AddTrainer("teacher").AddStrategy<FakeStrategy>().AddCheckpointIO<OtherIO>().AddCheckpointIO<EncryptingIO>();
        services.AddTrainer("student").AddStrategy<FakeStrategy>().AddCheckpointIO<OtherIO>().AddCheckpointIO<UploadingIO>();
        await using var provider = services.Build();

        Assert.AreSequenceEqual(["RecordingIO"], provider.Resolve().Describe().CheckpointIO);
        Assert.AreSequenceEqual(["EncryptingIO", "OtherIO"], provider.Resolve("teacher").Describe().CheckpointIO);
        Assert.AreSequenceEqual(["UploadingIO", "OtherIO"], provider.Resolve("student").Describe().CheckpointIO);
        Assert.AreNotSame(
            provider.GetRequiredKeyedService<IStrategy>("teacher").CheckpointIO,
            provider.GetRequiredKeyedService<IStrategy>("student").CheckpointIO);
    }

    [TestMethod]
    public async Task Instance_OfAnIo_IsOwnedByTheTrainer()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO(new EncryptingIO(new RecordingIO(_journal), _journal));
        var provider = services.Build();
        provider.Resolve();

        await provider.DisposeAsync();

        Assert.AreSequenceEqual(
            ["EncryptingIO is disposed", "RecordingIO is disposed"],
            _journal.Entries.Where(entry => entry.EndsWith("disposed", StringComparison.Ordinal)));
    }

    /// <summary>A decorator as a user writes it for a container.</summary>
    private sealed class DisposableUploadingIO(CheckpointIO inner) : WrappingCheckpointIO(inner), IDisposable
    {
        public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
