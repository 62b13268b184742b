namespace Fulgurite.Tests.Hosting.Composition;

/// <summary>Callbacks that cannot be, each with its whole message.</summary>
[TestClass]
public sealed class WrongCallbackTests
{
    [TestMethod]
    public void AddCallback_ConfiguredClassThatTakesNoOptions_IsRefused()
    {
        var exception = Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer().AddCallback<ForgetfulCallback>());

        Assert.AreEqual(
            "ForgetfulCallback implements IConfigurable<NoisyOptions>, but no public constructor has a parameter of type NoisyOptions. "
                + "Add the parameter, or remove the interface. (Parameter 'type')",
            exception.Message);
    }

    [TestMethod]
    public void Add_ClassOfAnotherKind_IsRefused()
    {
        var builder = Compose.Services().AddTrainer();
        Action[] wrong =
        [
            () => builder.AddCallback(typeof(RecordingIO)),
            () => builder.AddLogger(typeof(RecordingIO)),
            () => builder.AddStrategy(typeof(RecordingIO)),
            () => builder.AddCheckpointIO(typeof(FakeStrategy)),
        ];

        Assert.AreSequenceEqual(
            [
                "RecordingIO is no Callback.",
                "RecordingIO is no IMetricLogger.",
                "RecordingIO is no IStrategy.",
                "FakeStrategy is no CheckpointIO.",
            ],
            wrong.Select(
                add => Assert.ThrowsExactly<ArgumentException>(add).Message.Replace(
                    " (Parameter 'type')",
                    string.Empty,
                    StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Resolve_CheckpointsDisabledAndACheckpointCallback_SaysWhichToChange()
    {
        var services = Compose.Services();
        services.AddTrainer(options => options.EnableCheckpointing = false).AddStrategy<FakeStrategy>().AddCallback<ModelCheckpoint>();

        Assert.AreSequenceEqual(
            [
                "TrainerOptions.EnableCheckpointing is false and ModelCheckpoint saves checkpoints. Remove the callback, or set "
                    + "EnableCheckpointing to true.",
            ],
            services.Failures());
    }

    [TestMethod]
    public void Resolve_CheckpointsDisabledAndAnInstance_SaysWhichToChange()
    {
        var services = Compose.Services();
        services.AddTrainer(options => options.EnableCheckpointing = false)
            .AddStrategy<FakeStrategy>()
            .AddCheckpointIO<RecordingIO>()
            .AddCallback(new ModelCheckpoint());

        Assert.AreSequenceEqual(
            [
                "TrainerOptions.EnableCheckpointing is false and ModelCheckpoint saves checkpoints. Remove the callback, or set "
                    + "EnableCheckpointing to true.",
            ],
            services.Failures());
    }

    [TestMethod]
    public void Resolve_CheckpointsDisabledAndOneOfAFactory_IsRefusedByTheTrainer()
    {
        var services = Compose.Services();
        services.AddTrainer(options => options.EnableCheckpointing = false)
            .AddStrategy<FakeStrategy>()
            .AddCheckpointIO<RecordingIO>()
            .AddCallback(_ => new ModelCheckpoint());
        using var provider = services.Build();

        Assert.AreEqual(
            "EnableCheckpointing is false and ModelCheckpoint saves checkpoints. Remove the callback, or set EnableCheckpointing to true.",
            Assert.ThrowsExactly<InvalidOperationException>(() => provider.Resolve()).Message);
    }
}
