using System.Reflection;
using System.Reflection.Emit;
using Microsoft.Extensions.Configuration;

namespace Fulgurite.Tests.Hosting.Composition;

[TestClass]
public sealed class ConfigurationTests
{
    [TestMethod]
    public void Configure_TrainerOptionsBoundToASection_IsRefusedWithTheRemedy()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Trainer:MaxEpochs", "3"), new("Trainer:Callbacks:0", "early-stopping")])
            .Build();
        var services = new ServiceCollection();
        services.Configure<TrainerOptions>(configuration.GetSection("Trainer"));
        services.AddTrainer();
        using var provider = services.BuildServiceProvider();

        var thrown = Assert.ThrowsExactly<OptionsValidationException>(() => provider.GetRequiredService<Trainer>());

        Assert.Contains("services.AddTrainer(section)", thrown.Message);
    }

    [TestMethod]
    public async Task AddTrainer_WholeTrainerFromASection_IsComposed()
    {
        var services = Compose.Services();
        services.AddTrainer(Compose.Section("""
            { "Trainer": {
                "MaxEpochs": 10,
                "onCheckpointFailure": "stop",
                "Strategy": "fake",
                "CheckpointIO": ["nowhere", "tracing", { "Plugin": "async", "CopyThreads": 1, "HugePages": false }],
                "Callbacks": [
                    { "Plugin": "model-checkpoint", "Monitor": "val_loss", "SaveTopK": 3 },
                    "quiet",
                    { "Plugin": "noisy", "Pause": "00:00:05" },
                    { "Plugin": "noisy", "Volume": 7 } ],
                "Loggers": "memory"
            } }
            """), typeof(QuietCallback).Assembly);
        await using var provider = services.Build();

        var trainer = provider.Resolve();

        Assert.AreEqual(
            """
            strategy       PublicStrategy
            checkpoint io  AsyncCheckpointIO > TracingIO > NowhereIO
            callbacks      QuietCallback, NoisyCallback, NoisyCallback, ModelCheckpoint
            loggers        MemoryLogger
            options        TrainerOptions.MaxEpochs = 10, TrainerOptions.OnCheckpointFailure = Stop, AsyncCheckpointOptions.CopyThreads = 1, AsyncCheckpointOptions.HugePages = False, NoisyOptions.Pause = 00:00:05, NoisyOptions.Volume = 7, ModelCheckpointOptions.Monitor = val_loss, ModelCheckpointOptions.SaveTopK = 3
            """.ReplaceLineEndings("\n"),
            trainer.Describe().ToString());
    }

    [TestMethod]
    public void AddTrainer_EverythingWrong_IsReportedInOneMessage()
    {
        var services = Compose.Services();
        services.AddTrainer(Compose.Section("""
            { "Trainer": {
                "MaxEpoks": 10,
                "MaxSteps": "many",
                "AccumulateGradBatches": 0,
                "OnCheckpointFailure": "Panic",
                "Colour": "red",
                "Strategy": "fakes",
                "CheckpointIO": ["nowhere", "tracing", "tracing", "cloud"],
                "Callbacks": [ { "Volume": 3 }, { "Plugin": "quiet", "Volume": 3 }, { "Plugin": "noisy", "Volumes": 3, "Volume": 11 } ],
                "Loggers": "pigeon"
            } }
            """), typeof(QuietCallback).Assembly);

        var failures = services.Failures().ToList();

        string[] expected =
        [
            "Trainer:MaxEpoks is no option. Did you mean MaxEpochs?",
            "Trainer:MaxSteps is 'many'; allowed is a whole number (Int64).",
            "TrainerOptions.AccumulateGradBatches is 0; allowed is 1 or more.",
            "Trainer:OnCheckpointFailure is 'Panic'; allowed is FailAtEnd, Stop, Continue.",
            "Trainer:Strategy is 'fakes': there is no strategy of this name. Did you mean 'fake'? Known are cuda, fake, mpi, single. "
                + "Those of other assemblies are found when AddTrainer is given the assembly.",
            "Trainer:CheckpointIO:2 is 'tracing': The trainer already wraps its CheckpointIO in TracingIO. Call "
                + "AddCheckpointIO<TracingIO>() once, at the intended position.",
            "Trainer:Callbacks:0 names no callback. Write its name, or { \"Plugin\": \"name\" } with its options.",
            "Trainer:Callbacks:1:Volume is no option: QuietCallback has none.",
            "Trainer:Callbacks:2:Volumes is no option. Did you mean Volume?",
            "NoisyOptions.Volume is 11; allowed is 1 to 10.",
        ];
        foreach (var message in expected)
        {
            Assert.Contains(message, failures);
        }

        Assert.ContainsSingle(
            failure => failure.StartsWith("Trainer:Colour is no option. Known are MaxEpochs, ", StringComparison.Ordinal), failures);
        Assert.ContainsSingle(
            failure =>
                failure.StartsWith(
                    "Trainer:CheckpointIO:3 is 'cloud': there is no CheckpointIO of this name. Known are async, ",
                    StringComparison.Ordinal),
            failures);
        Assert.ContainsSingle(
            failure => failure.StartsWith("Trainer:Loggers is 'pigeon': there is no logger of this name. ", StringComparison.Ordinal),
            failures);
        Assert.HasCount(expected.Length + 3, failures, string.Join('\n', failures));
    }

    [TestMethod]
    public async Task AddTrainer_PluginThatIsNotPublic_IsFound()
    {
        var services = Compose.Services();
        services.AddTrainer(
            Compose.Section("""{ "Trainer": { "Strategy": "fake", "CheckpointIO": "nowhere", "Callbacks": "hidden" } }"""),
            typeof(QuietCallback).Assembly);
        await using var provider = services.Build();

        Assert.Contains("HiddenCallback", provider.Resolve().Describe().Callbacks);
    }

    [TestMethod]
    [DataRow("safetensors", "SafetensorsCheckpointIO")]
    [DataRow("torch", "TorchCheckpointIO")]
    [DataRow("incremental", "IncrementalCheckpointIO")]
    public async Task AddTrainer_PartsOfThisFramework_AreFoundWithoutNamingAssemblies(string name, string type)
    {
        var json =
            $$"""{ "Trainer": { "Strategy": "single", "CheckpointIO": ["{{name}}", "async"], "Callbacks": ["model-checkpoint"] } }""";
        var services = Compose.Services();
        services.AddTrainer(Compose.Section(json));
        await using var provider = services.Build();

        Assert.AreSequenceEqual(["AsyncCheckpointIO", type], provider.Resolve().Describe().CheckpointIO);
    }

    [TestMethod]
    public async Task AddTrainer_NamesInAnyCase_AreFound()
    {
        var services = Compose.Services();
        services.AddTrainer(
            Compose.Section("""{ "Trainer": { "strategy": "FAKE", "checkpointio": "NoWhere" } }"""), typeof(QuietCallback).Assembly);
        await using var provider = services.Build();

        Assert.AreSequenceEqual(["NowhereIO"], provider.Resolve().Describe().CheckpointIO);
    }

    [TestMethod]
    public void AddTrainer_SectionThatIsNotThere_IsRefused()
    {
        var section = Compose.Section("""{ "Trainer": { "MaxEpochs": 1 } }""", "Trainers");

        Assert.AreEqual(
            "The configuration has no section 'Trainers', or an empty one. Use AddTrainer without a section for the defaults. (Parameter "
                + "'section')",
            Assert.ThrowsExactly<ArgumentException>(() => Compose.Services().AddTrainer(section)).Message);
    }

    [TestMethod]
    public async Task AddTrainer_SectionAndCalls_CallsComeAfter()
    {
        var services = Compose.Services();
        services.AddTrainer(
            Compose.Section("""{ "Trainer": { "MaxEpochs": 5, "Strategy": "fake", "CheckpointIO": "nowhere", "Callbacks": ["quiet"] } }"""),
            typeof(QuietCallback).Assembly)
            .Configure(options => options.MaxEpochs = 6)
            .AddCheckpointIO<TracingIO>()
            .AddCallback<NoisyCallback>();
        await using var provider = services.Build();

        var description = provider.Resolve().Describe();

        Assert.AreEqual(6, provider.Resolve().Options.MaxEpochs);
        Assert.AreSequenceEqual(["TracingIO", "NowhereIO"], description.CheckpointIO);
        Assert.AreSequenceEqual(["QuietCallback", "NoisyCallback", "ModelCheckpoint"], description.Callbacks);
    }

    [TestMethod]
    public async Task AddTrainer_NamedTrainersFromSections_DoNotMix()
    {
        const string Json = """
            { "Teacher": { "MaxEpochs": 2, "Strategy": "fake", "CheckpointIO": "nowhere", "Callbacks": [ { "Plugin": "noisy", "Volume": 2 } ] },
              "Student": { "MaxEpochs": 4, "Strategy": "fake", "CheckpointIO": ["nowhere", "tracing"], "Callbacks": [ { "Plugin": "noisy", "Volume": 4 } ] } }
            """;
        var services = Compose.Services();
        services.AddTrainer("teacher", Compose.Section(Json, "Teacher"), typeof(QuietCallback).Assembly);
        services.AddTrainer("student", Compose.Section(Json, "Student"), typeof(QuietCallback).Assembly);
        await using var provider = services.Build();

        foreach (var (name, number) in new[] { ("teacher", 2), ("student", 4) })
        {
            var trainer = provider.Resolve(name);
            Assert.AreEqual(number, trainer.Options.MaxEpochs);
            Assert.AreEqual(number, trainer.Callbacks.OfType<NoisyCallback>().Single().Options.Volume);
        }

        Assert.IsNull(provider.GetService<Trainer>());
    }

    [TestMethod]
    public void AddTrainer_PluginAttributeOnSomethingElse_IsRefused()
    {
        var section = Compose.Section("""{ "Trainer": { "MaxEpochs": 1 } }""");

        Assert.AreEqual(
            "Strays.Stray has the attribute [Plugin] and is no strategy, CheckpointIO, callback or logger. Remove the attribute.",
            Assert.ThrowsExactly<InvalidOperationException>(
                () => Compose.Services().AddTrainer(section, AssemblyWith("Strays.Stray", typeof(object)))).Message);
    }

    [TestMethod]
    public void AddTrainer_TwoPluginsOfOneName_AreRefused()
    {
        var section = Compose.Section("""{ "Trainer": { "MaxEpochs": 1 } }""");
        var other = AssemblyWith("Strays.Loud", typeof(FreeCallback), "noisy");

        Assert.AreEqual(
            "Fulgurite.Tests.Hosting.Doubles.NoisyCallback and Strays.Loud both have the attribute [Plugin(\"noisy\")]. Give one of them "
                + "another name.",
            Assert.ThrowsExactly<InvalidOperationException>(
                () => Compose.Services().AddTrainer(section, typeof(NoisyCallback).Assembly, other)).Message);
    }

    [TestMethod]
    public async Task Configure_OfPluginOptions_ReachesTheFirstOfTheTrainer()
    {
        var services = Compose.Services();
        services.AddTrainer().AddStrategy<FakeStrategy>().AddCheckpointIO<RecordingIO>()
            .AddCallback<NoisyCallback>()
            .AddCallback<NoisyCallback>(options => options.Volume = 9)
            .AddCallback<ModelCheckpoint>(options => options.SaveLast = true);
        services.Configure<NoisyOptions>(options => options.Volume = 3);
        services.Configure<NoisyOptions>("#2", options => options.Echo = 2);
        await using var provider = services.Build();

        var callbacks = provider.Resolve().Callbacks.OfType<NoisyCallback>().ToList();

        Assert.AreEqual((3, 0), (callbacks[0].Options.Volume, callbacks[0].Options.Echo));
        Assert.AreEqual((9, 2), (callbacks[1].Options.Volume, callbacks[1].Options.Echo));
    }

    private static AssemblyBuilder AssemblyWith(string type, Type parent, string plugin = "stray")
    {
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(type), AssemblyBuilderAccess.Run);
        var builder = assembly.DefineDynamicModule(type).DefineType(type, TypeAttributes.Public | TypeAttributes.Class, parent);
        builder.SetCustomAttribute(new CustomAttributeBuilder(typeof(PluginAttribute).GetConstructor([typeof(string)])!, [plugin]));
        builder.CreateType();
        return assembly;
    }
}
