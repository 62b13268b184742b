using Fulgurite.Callbacks;
using Fulgurite.Loggers;
using Fulgurite.Tests.Loggers.Doubles;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Tests.Loggers.Documentation;

/// <summary>The code of docs/logging.md, run; the tests of docs compare.</summary>
[TestClass]
public sealed class LoggingSnippets
{
    [TestMethod]
    public void Loggers()
    {
        using var directory = new TemporaryDirectory();
        var services = new ServiceCollection().AddLogging();
        services.AddTrainer(o => o.MaxEpochs = 3)
            .AddLogger<CsvLogger>()
            .AddLogger<JsonLinesLogger>()
            .AddLogger<TensorBoardLogger>(o => o.Directory = "tensorboard")
            .AddLogger<HtmlReportLogger>(o => o.Title = "A first model");
        services.PostConfigureAll<TensorBoardLoggerOptions>(o => o.Directory = directory[o.Directory!]);

        var trainer = Fit(services, directory.Path);

        Assert.HasCount(4, trainer.Loggers);
        Assert.HasCount(3, Directory.GetFiles(directory["logs"]));
        Assert.HasCount(1, Directory.GetDirectories(directory["tensorboard"]));
    }

    [TestMethod]
    public void Progress()
    {
        using var directory = new TemporaryDirectory();
        var services = new ServiceCollection().AddLogging();
        services.AddTrainer(o => o.MaxEpochs = 3)
            .AddCallback<ProgressView>(o => o.Metrics = ["val_loss"]);
        using var screen = new StringWriter();
        services.AddSingleton(new ProgressTerminal(screen));

        Fit(services, directory.Path);

        Assert.Contains("epoch 3 of 3", screen.ToString());
        Assert.Contains("val_loss", screen.ToString());
        Assert.Contains("Completed after 12 steps and 3 epochs", screen.ToString());
    }

    private static Trainer Fit(IServiceCollection services, string root)
    {
        services.PostConfigureAll<TrainerOptions>(o => o.DefaultRootDirectory = root);
        using var provider = services.BuildServiceProvider();
        using var module = new LoggingModule();
        var trainer = provider.GetRequiredService<Trainer>();
        trainer.Fit(module, [1, 2, 1, 3], [1, 2]);
        return trainer;
    }
}
