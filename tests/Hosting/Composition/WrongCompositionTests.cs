using Fulgurite.Callbacks;
using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.Strategies;
using Fulgurite.Tests.Hosting.Doubles;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Tests.Hosting.Composition;

/// <summary>Every wrong composition with its whole message.</summary>
[TestClass]
public sealed class WrongCompositionTests
{
    private readonly Journal _journal = new();

    [TestMethod]
    public void AddCheckpointIO_SecondBase_SaysWhatToKeep()
    {
        var builder = Compose.Services().AddTrainer().AddCheckpointIO<RecordingIO>();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => builder.AddCheckpointIO<OtherIO>());

        Assert.AreEqual(
            "The trainer has RecordingIO as the base of its CheckpointIO, and is given a second base, OtherIO. Keep one of the two; if OtherIO is to wrap RecordingIO, derive it from WrappingCheckpointIO.",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_SecondBaseAsInstanceOrFactory_IsRefusedToo()
    {
        var builder = Compose.Services().AddTrainer("teacher").AddCheckpointIO(_ => new RecordingIO(_journal));

        Assert.AreEqual(
            "The trainer 'teacher' has one from a factory as the base of its CheckpointIO, and is given a second base, OtherIO. Keep one of the two; if OtherIO is to wrap one from a factory, derive it from WrappingCheckpointIO.",
            Assert.ThrowsExactly<InvalidOperationException>(() => builder.AddCheckpointIO(new OtherIO(_journal))).Message);
    }

    [TestMethod]
    public void AddCheckpointIO_SameWrapperTwice_SaysToWriteItOnce()
    {
        var builder = Compose.Services().AddTrainer().AddCheckpointIO<EncryptingIO>().AddCheckpointIO<UploadingIO>();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => builder.AddCheckpointIO<EncryptingIO>());

        Assert.AreEqual(
            "The trainer wraps its CheckpointIO in EncryptingIO already. Write AddCheckpointIO<EncryptingIO>() once, at the place where it belongs.",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_SameWrapperTwiceByFactory_IsFoundWhenMade()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>()
            .AddCheckpointIO<EncryptingIO>()
            .AddCheckpointIO((_, inner) => new EncryptingIO(inner, _journal));
        using var provider = services.Build();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve());

        Assert.AreEqual("The trainer wraps its CheckpointIO in EncryptingIO twice. Add it once, at the place where it belongs.", exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_WrapperWithTwoInner_SaysToTakeOne()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer().AddCheckpointIO<TwoInnerIO>());

        Assert.AreEqual(
            "TwoInnerIO derives from WrappingCheckpointIO and its constructor takes 2 parameters of the type CheckpointIO; give it exactly one, for what it wraps, or use AddCheckpointIO((services, inner) => new TwoInnerIO(...)). (Parameter 'type')",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_WrapperWithoutInner_SaysToTakeOne()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer().AddCheckpointIO<StrayIO>());

        Assert.AreEqual(
            "StrayIO derives from WrappingCheckpointIO and its constructor takes 0 parameters of the type CheckpointIO; give it exactly one, for what it wraps, or use AddCheckpointIO((services, inner) => new StrayIO(...)). (Parameter 'type')",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_BaseThatTakesInner_SaysToDerive()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer().AddCheckpointIO<SecretWrapperIO>());

        Assert.AreEqual(
            "SecretWrapperIO takes a CheckpointIO in its constructor and does not derive from WrappingCheckpointIO, so that it would be a base that wraps. Derive it from WrappingCheckpointIO, or use AddCheckpointIO(services => new SecretWrapperIO(...)). (Parameter 'type')",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_WrapperFactoryThatIgnoresInner_IsRefused()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>().AddCheckpointIO((_, _) => new StrayIO(_journal));
        using var provider = services.Build();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve());

        Assert.AreEqual(
            "The trainer: StrayIO does not wrap the RecordingIO that it is handed. Pass that to the constructor of WrappingCheckpointIO.",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_AbstractClass_IsRefused()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer().AddCheckpointIO<CheckpointIO>());

        Assert.AreEqual("CheckpointIO is abstract or generic and cannot be made. Name a class that derives from it. (Parameter 'type')", exception.Message);
    }

    [TestMethod]
    public void AddCallback_ConfiguredClassThatTakesNoOptions_IsRefused()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer().AddCallback<ForgetfulCallback>());

        Assert.AreEqual(
            "ForgetfulCallback is configured by NoisyOptions, and no public constructor of it takes one. Add the parameter, or leave out IConfigurable<NoisyOptions>. (Parameter 'type')",
            exception.Message);
    }

    [TestMethod]
    public void AddStrategy_Twice_IsRefused()
    {
        var builder = Compose.Services().AddTrainer().AddStrategy<FakeStrategy>();

        Assert.AreEqual(
            "The trainer has a strategy already, FakeStrategy, and is given another, ShardingStrategy. Call AddStrategy once.",
            Assert.ThrowsExactly<InvalidOperationException>(() => builder.AddStrategy<ShardingStrategy>()).Message);
    }

    [TestMethod]
    public void Resolve_IoGivenToTrainerAndStrategy_SaysToChoose()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy(new FakeStrategy(new OtherIO(_journal))).AddCheckpointIO<RecordingIO>();
        using var provider = services.Build();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve());

        Assert.AreEqual(
            "The trainer is given RecordingIO, and its strategy FakeStrategy has a CheckpointIO of its own, OtherIO. Give it to one of the two: remove the one of the trainer, or write AddStrategy((services, checkpointIO) => new FakeStrategy(checkpointIO)).",
            exception.Message);
    }

    [TestMethod]
    public void Resolve_IoGivenToTrainerAndStrategyFactory_DisposesTheStrategyAndSaysToChoose()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy(_ => new FakeStrategy(new OtherIO(_journal))).AddCheckpointIO<RecordingIO>();
        using var provider = services.Build();

        Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve());

        Assert.Contains("OtherIO is disposed", _journal.Entries);
    }

    [TestMethod]
    public void Resolve_StrategyThatSavesItselfGivenAnIo_IsRefused()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<ShardingStrategy>().AddCheckpointIO<OtherIO>().AddCheckpointIO<EncryptingIO>();
        using var provider = services.Build();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve());

        Assert.AreEqual(
            "The trainer is given OtherIO, EncryptingIO, and its strategy ShardingStrategy writes checkpoints itself and supports no custom CheckpointIO. Remove it, or use another strategy.",
            exception.Message);
    }

    [TestMethod]
    public void Resolve_StrategyThatSavesItselfAlone_IsAccepted()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<ShardingStrategy>();
        using var provider = services.Build();

        Assert.AreEqual("RecordingIO", provider.Resolve().Describe().CheckpointIO.Single());
    }

    [TestMethod]
    public void Resolve_StrategyThatIgnoresTheIo_IsRefused()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<DeafStrategy>().AddCheckpointIO<RecordingIO>();
        using var provider = services.Build();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve());

        Assert.AreEqual(
            "The trainer is given RecordingIO, and its strategy DeafStrategy uses another, OtherIO. Let its CheckpointIO be the one that it is handed.",
            exception.Message);
    }

    [TestMethod]
    public async Task Resolve_StrategyThatCannotBeMadeOrIsRefused_LeavesTheIoToTheContainer()
    {
        foreach (var add in new Func<ITrainerBuilder, ITrainerBuilder>[] { builder => builder.AddStrategy<FailingStrategy>(), builder => builder.AddStrategy<DeafStrategy>() })
        {
            var journal = new Journal();
            var services = Compose.Services(journal);
            add(services.AddTrainer()).AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>();
            await using (var provider = services.Build())
            {
                Assert.Throws<Exception>(() => provider.Resolve());
            }

            Assert.ContainsSingle(entry => entry == "EncryptingIO is disposed", journal.Entries);
            Assert.ContainsSingle(entry => entry == "RecordingIO is disposed", journal.Entries);
        }
    }

    [TestMethod]
    public async Task Resolve_RegisteredIoAndAnotherInTheStrategy_SaysToChoose()
    {
        var services = Compose.Services(_journal);
        services.AddSingleton<CheckpointIO>(_ => new RecordingIO(_journal));
        services.AddTrainer().AddStrategy(new FakeStrategy(new OtherIO(_journal)));
        await using var provider = services.Build();

        Assert.AreEqual(
            "The trainer is given RecordingIO, and its strategy FakeStrategy has a CheckpointIO of its own, OtherIO. Give it to one of the two: remove the one of the trainer, or write AddStrategy((services, checkpointIO) => new FakeStrategy(checkpointIO)).",
            Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }

    [TestMethod]
    public async Task Resolve_RegisteredIoAndAStrategyThatSavesItself_IsRefused()
    {
        var services = Compose.Services(_journal);
        services.AddSingleton<CheckpointIO>(_ => new RecordingIO(_journal));
        services.AddTrainer("").AddStrategy<ShardingStrategy>();
        await using var provider = services.Build();

        Assert.AreEqual(
            "The trainer is given RecordingIO, and its strategy ShardingStrategy writes checkpoints itself and supports no custom CheckpointIO. Remove it, or use another strategy.",
            Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }

    [TestMethod]
    public async Task Resolve_DecoratedIoThatTheStrategyIgnores_IsRefused()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<DeafStrategy>();
        services.Decorate<CheckpointIO, UploadingIO>();
        await using var provider = services.Build();

        Assert.AreEqual(
            "The trainer is given UploadingIO, and its strategy DeafStrategy uses another, OtherIO. Let its CheckpointIO be the one that it is handed.",
            Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }

    [TestMethod]
    public async Task Resolve_StrategyFactoryThatAsksTheContainer_IsAccepted()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy(provider => new FakeStrategy(provider.GetRequiredService<CheckpointIO>())).AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>();
        await using (var provider = services.Build())
        {
            Assert.AreSequenceEqual(["EncryptingIO", "RecordingIO"], provider.Resolve().Describe().CheckpointIO);
        }

        Assert.ContainsSingle(entry => entry == "RecordingIO is disposed", _journal.Entries);
    }

    [TestMethod]
    public void Resolve_StrategyRegisteredAndAdded_SaysToKeepOne()
    {
        var services = Compose.Services(_journal);
        services.AddSingleton<IStrategy>(_ => new FakeStrategy(new OtherIO(_journal)));
        services.AddTrainer().AddStrategy<ShardingStrategy>();
        using var provider = services.Build();

        Assert.AreEqual(
            "The trainer is given ShardingStrategy with AddStrategy, and FakeStrategy is registered as IStrategy in the services. Keep one of the two.",
            Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }

    [TestMethod]
    public void Resolve_CheckpointsDisabledAndACheckpointCallback_SaysWhichToChange()
    {
        var services = Compose.Services();
        services.AddTrainer(options => options.EnableCheckpointing = false).AddStrategy<FakeStrategy>().AddCallback<ModelCheckpoint>();

        Assert.AreSequenceEqual(
            ["TrainerOptions.EnableCheckpointing is false and ModelCheckpoint saves checkpoints. Remove the callback, or set EnableCheckpointing to true."],
            services.Failures());
    }

    [TestMethod]
    public void Resolve_CheckpointsDisabledAndAnInstance_IsRefusedByTheTrainer()
    {
        var services = Compose.Services();
        services.AddTrainer(options => options.EnableCheckpointing = false).AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>().AddCallback(new ModelCheckpoint());
        using var provider = services.Build();

        Assert.AreEqual(
            "EnableCheckpointing is false and ModelCheckpoint saves checkpoints. Remove the callback, or set EnableCheckpointing to true.",
            Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }

    [TestMethod]
    public void Resolve_WrapperThatCannotBeMade_DisposesWhatStands()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>().AddCheckpointIO<EncryptingIO>().AddCheckpointIO<FailingWrapperIO>();
        using var provider = services.Build();

        Assert.AreEqual("No connection.", Assert.ThrowsExactly<IOException>(() => provider.Resolve()).Message);

        Assert.AreSequenceEqual(
            ["EncryptingIO is disposed", "RecordingIO is disposed"],
            _journal.Entries.Where(entry => entry.EndsWith("disposed", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Resolve_ScopedServiceInAPlugin_IsRefusedWhereScopesAreValidated()
    {
        var services = new ServiceCollection();
        services.AddScoped<Journal>();
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>();
        using var provider = services.Build();

        Assert.Contains("scoped", Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }
}
