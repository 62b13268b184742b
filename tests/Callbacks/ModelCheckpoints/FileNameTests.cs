using System.Text;

namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

/// <summary>Names of files that every file system takes, whatever metrics are called.</summary>
[TestClass]
public sealed class FileNameTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fulgurite-names").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow("{mAP@0.5:0.95}", "mAP@0.5-0.95=0.25")]
    [DataRow("{mAP@0.5:0.95:0.000}", "mAP@0.5-0.95=0.250")]
    [DataRow("{mAP@0.5:0.0}", "mAP@0.5=0.5")]
    [DataRow("{a:b:c}", "a-b-c=3")]
    public void Format_MetricWithAColon_IsTheLongestNameThatWasLogged(string template, string expected)
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["mAP@0.5:0.95"] = 0.25, ["mAP@0.5"] = 0.5, ["a:b:c"] = 3 };

        Assert.AreEqual(expected, new CheckpointNaming().Format(template, 0, 0, metrics));
        Assert.IsTrue(new CheckpointNaming().Matches(template, expected + "-v2.ckpt"));
        _ = new ModelCheckpoint(new() { Filename = template });
    }

    [TestMethod]
    [DataRow("{epoch")]
    [DataRow("epoch}")]
    [DataRow("{}-{step}")]
    public void Filename_BraceWithoutItsCounterpart_IsRefused(string template)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new ModelCheckpoint(new() { Filename = template }));

        Assert.Contains($"Filename is '{template}', which has a brace", error.Message);
    }

    [TestMethod]
    [DataRow("a/b\\c")]
    [DataRow("a*b?c")]
    [DataRow("a\"b|c")]
    [DataRow("a<b>c")]
    [DataRow("a\nb\tc")]
    public void Format_MetricWithWhatNoSystemAllows_HasDashes(string name)
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal) { [name] = 1.5 };

        Assert.AreEqual("a-b-c=1.5", new CheckpointNaming().Format($"{{{name}}}", 0, 0, metrics));
        Assert.AreEqual("0-02", new CheckpointNaming { AutoInsertMetricName = false }.Format($"{{{name}:0:00}}", 0, 0, metrics));
    }

    [TestMethod]
    public void Format_MetricsNamedAsEpochAndStep_AreNotWhereTheRunIs()
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["epoch"] = 7.5, ["step"] = 1002 };

        Assert.AreEqual("epoch=2-step=3", new CheckpointNaming().Format(null, 2, 3, metrics));
    }

    [TestMethod]
    [DataRow("best\nof all")]
    [DataRow("a\u0001")]
    public void Filename_WithWhatNoSystemAllows_IsRefusedWhenItIsMade(string filename) =>
        Assert.Contains("is not allowed in a file name",
            Assert.ThrowsExactly<ArgumentException>(() => new ModelCheckpoint(new() { Filename = filename })).Message);

    [TestMethod]
    [DataRow("val")]
    [DataRow("Verlust-\u00fcber-alles-\U0001F600")]
    public void Fit_NameBeyond255Bytes_IsCutAndFoundAgain(string part)
    {
        var filename = string.Concat(Enumerable.Repeat(part + "-", 100)) + "{step}";
        ModelCheckpoint Make() => new(new() { DirPath = _folder, Filename = filename, SaveTopK = -1 });

        Fit(Make(), epochs: 3);

        string[] names = [.. Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];
        Assert.HasCount(3, names);
        Assert.IsTrue(Array.TrueForAll(names, name => Encoding.UTF8.GetByteCount(name) <= 255
            && name.StartsWith(part, StringComparison.Ordinal)));
        Assert.AreEqual(16, Fit(Make(), epochs: 4, resume: "last").GlobalStep, "it went on from the newest");
        Assert.HasCount(4, Directory.GetFiles(_folder));
        Assert.IsFalse(new CheckpointNaming().Matches("other-{step}", names[0]));
    }

    [TestMethod]
    [DataRow(null, ".safetensors")]
    [DataRow(".own", ".own")]
    public void Fit_FormatWithAnEndingOfItsOwn_UsesThatUnlessToldOtherwise(string? option, string expected)
    {
        using var strategy = new SingleDeviceStrategy(new AsyncCheckpointIO(new SafetensorsCheckpointIO()));
        Checkpoint[] callbacks = [new ModelCheckpoint(new() { DirPath = _folder, FileExtension = option, SaveLast = true }),
            new OnExceptionCheckpoint(new() { DirPath = _folder })];
        using var module = new PolicyModule { Epoch = epoch => epoch == 2 ? throw new InvalidDataException("not now") : null };
        using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 2 }, callbacks);

        Assert.ThrowsExactly<InvalidDataException>(() => trainer.Fit(module, PolicyModule.Data(4)));

        Assert.AreSequenceEqual(
            new[] { "epoch=0-step=4" + expected, "last" + expected, "on_exception.safetensors" },
            Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.AreEqual(Path.Combine(_folder, "on_exception.safetensors"), trainer.FindLastCheckpoint());
    }

    [TestMethod]
    public void Fit_FolderAndPathInTheHomeFolder_AreThere()
    {
        var name = $"fulgurite-{Guid.NewGuid():N}";
        var folder = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), name);
        try
        {
            ModelCheckpoint Make() => new(new() { DirPath = $"~/{name}", SaveTopK = 0, SaveLast = true });
            Fit(Make(), epochs: 1);

            Assert.AreEqual(8, Fit(Make(), epochs: 2, resume: $"~/{name}/last.ckpt").GlobalStep);

            Assert.AreSequenceEqual([Path.Combine(folder, "last.ckpt")], Directory.GetFiles(folder));
            Assert.IsFalse(Directory.Exists("~"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static FitResult Fit(ModelCheckpoint callback, int epochs, string? resume = null)
    {
        using var strategy = new SingleDeviceStrategy(new AsyncCheckpointIO(new TorchCheckpointIO()));
        using var module = new PolicyModule();
        using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = epochs }, [callback]);
        return trainer.Fit(module, PolicyModule.Data(4), PolicyModule.Data(1), resume);
    }
}
