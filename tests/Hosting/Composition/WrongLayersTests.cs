namespace Fulgurite.Tests.Hosting.Composition;

/// <summary>Layers of CheckpointIO that do not make a chain, each with its whole message.</summary>
[TestClass]
public sealed class WrongLayersTests
{
    private readonly Journal _journal = new();

    [TestMethod]
    public void AddCheckpointIO_SecondBase_SaysWhatToKeep()
    {
        var builder = Compose.Services().AddTrainer().AddCheckpointIO<RecordingIO>();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => builder.AddCheckpointIO<OtherIO>());

        Assert.AreEqual(
            "The trainer already has a base CheckpointIO, RecordingIO, and cannot have a second, OtherIO. Keep one of them, or derive "
                + "OtherIO from WrappingCheckpointIO to wrap the first.",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_SecondBaseAsInstanceOrFactory_IsRefusedToo()
    {
        var builder = Compose.Services().AddTrainer("teacher").AddCheckpointIO(_ => new RecordingIO(_journal));

        Assert.AreEqual(
            "The trainer 'teacher' already has a base CheckpointIO, one from a factory, and cannot have a second, OtherIO. Keep one of "
                + "them, or derive OtherIO from WrappingCheckpointIO to wrap the first.",
            Assert.ThrowsExactly<InvalidOperationException>(() => builder.AddCheckpointIO(new OtherIO(_journal))).Message);
    }

    [TestMethod]
    public void AddCheckpointIO_SameWrapperTwice_SaysToWriteItOnce()
    {
        var builder = Compose.Services().AddTrainer().AddCheckpointIO<EncryptingIO>().AddCheckpointIO<UploadingIO>();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => builder.AddCheckpointIO<EncryptingIO>());

        Assert.AreEqual(
            "The trainer already wraps its CheckpointIO in EncryptingIO. Call AddCheckpointIO<EncryptingIO>() once, at the intended "
                + "position.",
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

        Assert.AreEqual(
            "The trainer wraps its CheckpointIO in EncryptingIO twice. Add it once, at the place where it belongs.", exception.Message);
        Assert.AreSequenceEqual(
            ["EncryptingIO is disposed", "EncryptingIO is disposed", "RecordingIO is disposed"],
            _journal.Entries.Where(entry => entry.EndsWith("disposed", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void AddCheckpointIO_WrapperWithTwoInner_SaysToTakeOne()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer().AddCheckpointIO<TwoInnerIO>());

        Assert.AreEqual(
            "TwoInnerIO derives from WrappingCheckpointIO, but its constructor has 2 parameters of type CheckpointIO. Declare exactly "
                + "one, for the wrapped instance, or use AddCheckpointIO((services, inner) => new TwoInnerIO(...)). (Parameter 'type')",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_WrapperWithoutInner_SaysToTakeOne()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer().AddCheckpointIO<StrayIO>());

        Assert.AreEqual(
            "StrayIO derives from WrappingCheckpointIO, but its constructor has 0 parameters of type CheckpointIO. Declare exactly one, "
                + "for the wrapped instance, or use AddCheckpointIO((services, inner) => new StrayIO(...)). (Parameter 'type')",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_BaseThatTakesInner_SaysToDerive()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer().AddCheckpointIO<SecretWrapperIO>());

        Assert.AreEqual(
            "SecretWrapperIO has a constructor parameter of type CheckpointIO, but does not derive from WrappingCheckpointIO. Derive it "
                + "from WrappingCheckpointIO, or use AddCheckpointIO(services => new SecretWrapperIO(...)). (Parameter 'type')",
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

        Assert.AreEqual(
            "CheckpointIO is abstract or generic and cannot be instantiated. Specify a concrete derived class. (Parameter 'type')",
            exception.Message);
    }

    [TestMethod]
    public void Resolve_WrapperThatCannotBeMade_DisposesWhatStands()
    {
        var services = Compose.Services(_journal);
        services.AddTrainer()
            .AddStrategy<FakeStrategy>()
            .AddCheckpointIO<RecordingIO>()
            .AddCheckpointIO<EncryptingIO>()
            .AddCheckpointIO<FailingWrapperIO>();
        using var provider = services.Build();

        Assert.AreEqual("No connection.", Assert.ThrowsExactly<IOException>(() => provider.Resolve()).Message);

        Assert.AreSequenceEqual(
            ["EncryptingIO is disposed", "RecordingIO is disposed"],
            _journal.Entries.Where(entry => entry.EndsWith("disposed", StringComparison.Ordinal)));
    }
}
