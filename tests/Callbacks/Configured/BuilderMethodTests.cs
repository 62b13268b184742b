using System.Reflection;
using Fulgurite.Composition;

namespace Fulgurite.Tests.Callbacks.Configured;

/// <summary>The methods that add a callback, with and without options.</summary>
[TestClass]
public sealed class BuilderMethodTests
{
    private static readonly Dictionary<Type, Action<ITrainerBuilder>> Default = new()
    {
        [typeof(BestInMemoryCheckpoint)] = builder => builder.AddBestInMemoryCheckpoint(),
        [typeof(DeviceStatsMonitor)] = builder => builder.AddDeviceStatsMonitor(),
        [typeof(EarlyStopping)] = builder => builder.AddEarlyStopping(),
        [typeof(ExponentialMovingAverage)] = builder => builder.AddExponentialMovingAverage(),
        [typeof(BackboneFinetuning)] = builder => builder.AddBackboneFinetuning(),
        [typeof(GradientAccumulationScheduler)] = builder => builder.AddGradientAccumulationScheduler(),
        [typeof(LearningRateMonitor)] = builder => builder.AddLearningRateMonitor(),
        [typeof(ModelCheckpoint)] = builder => builder.AddModelCheckpoint(),
        [typeof(ModelSummary)] = builder => builder.AddModelSummary(),
        [typeof(OnExceptionCheckpoint)] = builder => builder.AddOnExceptionCheckpoint(),
        [typeof(ProgressView)] = builder => builder.AddProgressView(),
        [typeof(Rollback)] = builder => builder.AddRollback(),
        [typeof(StochasticWeightAveraging)] = builder => builder.AddStochasticWeightAveraging(),
        [typeof(ThroughputMonitor)] = builder => builder.AddThroughputMonitor(),
        [typeof(TrainingTimer)] = builder => builder.AddTrainingTimer(),
    };

    public static IEnumerable<string> Names => Default.Keys.Select(type => type.Name).Order(StringComparer.Ordinal);

    [TestMethod]
    public void Methods_EveryCallbackWithAName_HasOne()
    {
        var plugins = typeof(EarlyStopping).Assembly.GetExportedTypes()
            .Where(type => type.IsAssignableTo(typeof(Callback)) && type.IsDefined(typeof(PluginAttribute)));

        Assert.AreSequenceEqual(plugins.Select(type => type.Name).Order(StringComparer.Ordinal), Names);
    }

    [TestMethod]
    public void Methods_EveryCheckpointIOWithAName_HasOne()
    {
        var types = typeof(AsyncCheckpointIO).Assembly.GetExportedTypes();
        var methods = types.SelectMany(type => type.GetMethods())
            .Where(method => method.IsStatic)
            .Select(method => method.Name)
            .ToHashSet();

        foreach (var type in types.Where(type => type.IsAssignableTo(typeof(CheckpointIO)) && type.IsDefined(typeof(PluginAttribute))))
        {
            Assert.Contains($"Add{type.Name}", methods);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Add_WithoutOptions_HasTheDefaults(string name)
    {
        var (type, add) = Default.Single(entry => entry.Key.Name == name);

        using var trainer = Make(add);

        var options = OptionsOf(trainer.Callbacks.Single(callback => callback.GetType() == type));
        var expected = Activator.CreateInstance(options.GetType())!;
        foreach (var property in options.GetType().GetProperties().Where(property => property.PropertyType.IsValueType))
        {
            Assert.AreEqual(property.GetValue(expected), property.GetValue(options), property.Name);
        }
    }

    [TestMethod]
    public void Add_WithOptions_HasThem()
    {
        using var trainer = Make(builder => builder
            .AddBestInMemoryCheckpoint(o => o.Filename = "a")
            .AddDeviceStatsMonitor(o => o.EveryNSteps = 2)
            .AddEarlyStopping(o => o.Patience = 4)
            .AddExponentialMovingAverage(o => o.Decay = 0.25)
            .AddBackboneFinetuning(o => o.UnfreezeAtEpoch = 6)
            .AddGradientAccumulationScheduler(o => o.Scheduling[7] = 8)
            .AddLearningRateMonitor(o => o.Prefix = "b")
            .AddModelCheckpoint(o => o.Filename = "c")
            .AddModelSummary(o => o.MaxDepth = 9)
            .AddOnExceptionCheckpoint(o => o.Filename = "d")
            .AddProgressView(o => o.ModelDepth = 10)
            .AddRollback(o => o.EveryNSteps = 11)
            .AddStochasticWeightAveraging(o => o.StartEpoch = 12)
            .AddThroughputMonitor(o => o.WindowSize = 13)
            .AddTrainingTimer(o => o.Duration = TimeSpan.FromSeconds(14)));

        T Only<T>() => trainer.Callbacks.OfType<T>().Single();
        Assert.AreEqual("a", Only<BestInMemoryCheckpoint>().Options.Filename);
        Assert.AreEqual(2, Only<DeviceStatsMonitor>().Options.EveryNSteps);
        Assert.AreEqual(4, Only<EarlyStopping>().Options.Patience);
        Assert.AreEqual(0.25, Only<ExponentialMovingAverage>().Options.Decay);
        Assert.AreEqual(6, Only<BackboneFinetuning>().Options.UnfreezeAtEpoch);
        Assert.AreEqual(8, Only<GradientAccumulationScheduler>().Options.Scheduling[7]);
        Assert.AreEqual("b", Only<LearningRateMonitor>().Options.Prefix);
        Assert.AreEqual("c", Only<ModelCheckpoint>().Options.Filename);
        Assert.AreEqual(9, Only<ModelSummary>().Options.MaxDepth);
        Assert.AreEqual("d", Only<OnExceptionCheckpoint>().Options.Filename);
        Assert.AreEqual(10, Only<ProgressView>().Options.ModelDepth);
        Assert.AreEqual(11, Only<Rollback>().Options.EveryNSteps);
        Assert.AreEqual(12, Only<StochasticWeightAveraging>().Options.StartEpoch);
        Assert.AreEqual(13, Only<ThroughputMonitor>().Options.WindowSize);
        Assert.AreEqual(TimeSpan.FromSeconds(14), Only<TrainingTimer>().Options.Duration);
    }

    [TestMethod]
    [DataRow(nameof(ModelCheckpoint))]
    [DataRow(nameof(BestInMemoryCheckpoint))]
    [DataRow(nameof(OnExceptionCheckpoint))]
    public void Add_NameThatLeavesTheFolder_IsNamed(string callback)
    {
        var error = Assert.Throws<Exception>(() =>
        {
            using var trainer = Make(builder => _ = callback switch
            {
                nameof(ModelCheckpoint) => builder.AddModelCheckpoint(o => o.Filename = "../out"),
                nameof(BestInMemoryCheckpoint) => builder.AddBestInMemoryCheckpoint(o => o.Filename = "../out"),
                _ => builder.AddOnExceptionCheckpoint(o => o.Filename = "../out"),
            });
        });

        Assert.Contains("Filename is '../out', which leaves the folder of the checkpoints", error.Message);
    }

    private static Trainer Make(Action<ITrainerBuilder> add) => Trainer.Create(builder =>
    {
        builder.AddStrategy(new SingleDeviceStrategy(new InMemoryCheckpointIO()));
        add(builder);
    });

    private static object OptionsOf(Callback callback) =>
        callback.GetType().GetProperty("Options", BindingFlags.Public | BindingFlags.Instance)!.GetValue(callback)!;
}
