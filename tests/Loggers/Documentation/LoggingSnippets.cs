using Fulgurite.Callbacks;
using Fulgurite.Loggers;
using Fulgurite.Tests.Loggers.Doubles;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Tests.Loggers.Documentation;

/// <summary>The code of docs/logging.md, run; a test holds the two together.</summary>
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

        Assert.Contains("epoch 3/3", screen.ToString());
        Assert.Contains("val_loss", screen.ToString());
        Assert.Contains("Completed after 12 steps and 3 epochs", screen.ToString());
    }

    [TestMethod]
    public void Page_EveryBlockOfCode_IsCompiledAndRun()
    {
        var root = Root();
        var compiled = Lines(File.ReadAllText(Path.Combine(root, "tests", "Loggers", "Documentation", "LoggingSnippets.cs")));
        var blocks = File.ReadAllText(Path.Combine(root, "docs", "logging.md")).Split("```").Where(block => block.StartsWith("csharp\n", StringComparison.Ordinal)).ToList();

        Assert.HasCount(2, blocks);
        foreach (var block in blocks)
        {
            var lines = Lines(block["csharp".Length..]);
            Assert.IsTrue(Enumerable.Range(0, compiled.Count).Any(start => lines.SequenceEqual(compiled.Skip(start).Take(lines.Count))), "This block of docs/logging.md is not run here:\n" + block);
        }
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

    private static List<string> Lines(string text) => [.. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Framework.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No Framework.sln above the tests.");
        }

        return folder.FullName;
    }
}
