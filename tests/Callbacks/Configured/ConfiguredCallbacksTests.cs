using System.Reflection;
using System.Text;
using Fulgurite.Composition;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Tests.Callbacks.Configured;

/// <summary>Callbacks that a configuration names.</summary>
[TestClass]
public sealed class ConfiguredCallbacksTests
{
    [TestMethod]
    public async Task AddTrainer_CallbacksByName_AreMadeWithTheirOptions()
    {
        await using var services = Compose("""
            [
                { "Plugin": "early-stopping", "Monitor": "loss", "Mode": "Max", "Patience": 7, "StoppingThreshold": 0.5 },
                { "Plugin": "timer", "Duration": "1.12:00:00", "Interval": "Epoch" },
                { "Plugin": "learning-rate-monitor", "Interval": "Step", "Prefix": "x/" },
                { "Plugin": "throughput-monitor", "WindowSize": 9 },
                { "Plugin": "device-stats-monitor", "EveryNSteps": 3 },
                { "Plugin": "gradient-accumulation-scheduler", "Scheduling": { "0": 2, "4": 8 } },
                { "Plugin": "model-summary", "MaxDepth": -1 },
                { "Plugin": "ema", "Decay": 0.5 },
                { "Plugin": "swa", "StartEpoch": 3, "LearningRates": [0.1, 0.2] },
                { "Plugin": "backbone-finetuning", "UnfreezeAtEpoch": 2 }
            ]
            """);

        var callbacks = services.GetRequiredService<Trainer>().Callbacks;

        var stopping = callbacks.OfType<EarlyStopping>().Single().Options;
        Assert.AreEqual(
            ("loss", MonitorMode.Max, 7, 0.5), (stopping.Monitor, stopping.Mode, stopping.Patience, stopping.StoppingThreshold));
        Assert.AreEqual(TimeSpan.FromHours(36), callbacks.OfType<TrainingTimer>().Single().Options.Duration);
        Assert.AreEqual(LearningRateInterval.Step, callbacks.OfType<LearningRateMonitor>().Single().Options.Interval);
        Assert.AreEqual(9, callbacks.OfType<ThroughputMonitor>().Single().Options.WindowSize);
        Assert.AreEqual(3, callbacks.OfType<DeviceStatsMonitor>().Single().Options.EveryNSteps);
        Assert.AreEqual(8, callbacks.OfType<GradientAccumulationScheduler>().Single().Options.Scheduling[4]);
        Assert.AreEqual(-1, callbacks.OfType<ModelSummary>().Single().Options.MaxDepth);
        Assert.AreEqual(0.5, callbacks.OfType<ExponentialMovingAverage>().Single().Options.Decay);
        Assert.AreSequenceEqual([0.1, 0.2], callbacks.OfType<StochasticWeightAveraging>().Single().Options.LearningRates);
        Assert.AreEqual(2, callbacks.OfType<BackboneFinetuning>().Single().Options.UnfreezeAtEpoch);
    }

    [TestMethod]
    public void Plugins_EveryCallback_HasANameAndOptions()
    {
        var plugins = typeof(EarlyStopping)
            .Assembly.GetExportedTypes()
            .Where(type => type.IsAssignableTo(typeof(Callback)) && type.IsDefined(typeof(PluginAttribute)))
            .ToList();

        Assert.IsGreaterThan(10, plugins.Count);
        foreach (var plugin in plugins)
        {
            var options = plugin.GetInterfaces()
                .Single(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IConfigurable<>))
                .GetGenericArguments()[0];
            Assert.EndsWith("Options", options.Name);
            Assert.IsNotNull(plugin.GetCustomAttribute<PluginAttribute>());
            Assert.IsTrue(plugin.IsSealed, plugin.Name);
        }
    }

    private static ServiceProvider Compose(string callbacks)
    {
        var trainer =
            $$"""{ "Trainer": { "MaxEpochs": 10, "Strategy": "single", "EnableCheckpointing": false, "Callbacks": {{callbacks}} } }""";
        using var json = new MemoryStream(Encoding.UTF8.GetBytes(trainer));
        var services = new ServiceCollection();
        services.AddTrainer(new ConfigurationBuilder().AddJsonStream(json).Build().GetSection("Trainer"));
        return services.BuildServiceProvider();
    }
}
