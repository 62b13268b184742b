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
            "The trainer has RecordingIO as the base of its CheckpointIO, and is given a second base, OtherIO. Keep one of the two; if "
                + "OtherIO is to wrap RecordingIO, derive it from WrappingCheckpointIO.",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_SecondBaseAsInstanceOrFactory_IsRefusedToo()
    {
        var builder = Compose.Services().AddTrainer("teacher").AddCheckpointIO(_ => new RecordingIO(_journal));

        Assert.AreEqual(
            "The trainer 'teacher' has one from a factory as the base of its CheckpointIO, and is given a second base, OtherIO. Keep one "
                + "of the two; if OtherIO is to wrap one from a factory, derive it from WrappingCheckpointIO.",
            Assert.ThrowsExactly<InvalidOperationException>(() => builder.AddCheckpointIO(new OtherIO(_journal))).Message);
    }

    [TestMethod]
    public void AddCheckpointIO_SameWrapperTwice_SaysToWriteItOnce()
    {
        var builder = Compose.Services().AddTrainer().AddCheckpointIO<EncryptingIO>().AddCheckpointIO<UploadingIO>();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => builder.AddCheckpointIO<EncryptingIO>());

        Assert.AreEqual(
            "The trainer wraps its CheckpointIO in EncryptingIO already. Write AddCheckpointIO<EncryptingIO>() once, at the place where "
                + "it belongs.",
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
            "TwoInnerIO derives from WrappingCheckpointIO and its constructor takes 2 parameters of the type CheckpointIO; give it "
                + "exactly one, for what it wraps, or use AddCheckpointIO((services, inner) => new TwoInnerIO(...)). (Parameter 'type')",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_WrapperWithoutInner_SaysToTakeOne()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer().AddCheckpointIO<StrayIO>());

        Assert.AreEqual(
            "StrayIO derives from WrappingCheckpointIO and its constructor takes 0 parameters of the type CheckpointIO; give it exactly "
                + "one, for what it wraps, or use AddCheckpointIO((services, inner) => new StrayIO(...)). (Parameter 'type')",
            exception.Message);
    }

    [TestMethod]
    public void AddCheckpointIO_BaseThatTakesInner_SaysToDerive()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer().AddCheckpointIO<SecretWrapperIO>());

        Assert.AreEqual(
            "SecretWrapperIO takes a CheckpointIO in its constructor and does not derive from WrappingCheckpointIO, so that it would be a "
                + "base that wraps. Derive it from WrappingCheckpointIO, or use AddCheckpointIO(services => new SecretWrapperIO(...)). (Parameter 'type')",
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
            "CheckpointIO is abstract or generic and cannot be made. Name a class that derives from it. (Parameter 'type')",
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
