using Fulgurite.Loggers;
using Fulgurite.Tests.Loggers.Doubles;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Tests.Loggers;

[TestClass]
public sealed class CompositionTests
{
    [TestMethod]
    public void AddLogger_SeveralWithOptions_EachHearsTheRunOnce()
    {
        using var directory = new TemporaryDirectory();
        var services = new ServiceCollection().AddLogging();
        services.AddTrainer(o => (o.MaxSteps, o.DefaultRootDirectory, o.LogEveryNSteps) = (5, directory.Path, 1))
            .AddLogger<CsvLogger>(o => o.Name = "table")
            .AddLogger<CsvLogger>(o => o.Directory = directory["elsewhere"])
            .AddLogger<JsonLinesLogger>(o => o.Name = "events")
            .AddLogger<TensorBoardLogger>(o => o.Directory = directory["tb"])
            .AddLogger<HtmlReportLogger>(o => o.Title = "all of them");
        using var provider = services.BuildServiceProvider();
        using var module = new LoggingModule();

        provider.GetRequiredService<Trainer>().Fit(module, [1, 2, 1, 3]);

        Assert.HasCount(6, File.ReadAllLines(directory["logs/table.csv"]));
        Assert.HasCount(6, File.ReadAllLines(directory["elsewhere/metrics.csv"]));
        Assert.HasCount(
            1, File.ReadAllLines(directory["logs/events.jsonl"]).Where(line => line.Contains("\"run_start\"", StringComparison.Ordinal)));
        Assert.HasCount(5, EventReader.Scalars(directory["tb/run"])["train_loss"]);
        Assert.Contains("all of them", File.ReadAllText(directory["logs/report.html"]));
    }

    [TestMethod]
    [DataRow("csv", typeof(CsvLogger))]
    [DataRow("jsonl", typeof(JsonLinesLogger))]
    [DataRow("tensorboard", typeof(TensorBoardLogger))]
    [DataRow("html", typeof(HtmlReportLogger))]
    public void Configuration_NameOfALogger_MakesIt(string name, Type type)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Trainer:Loggers:0"] = name })
            .Build();
        var services = new ServiceCollection().AddLogging();
        services.AddTrainer(configuration.GetSection("Trainer"));
        using var provider = services.BuildServiceProvider();

        var trainer = provider.GetRequiredService<Trainer>();

        Assert.AreEqual(type, trainer.Loggers.Single().GetType());
        Assert.HasCount(1, trainer.Callbacks.Where(callback => callback is IMetricLogger));
    }
}
