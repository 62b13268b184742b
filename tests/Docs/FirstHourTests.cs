using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>Follows docs/first-hour.md with its program.</summary>
[TestClass]
public sealed class FirstHourTests(TestContext context)
{
    [TestMethod]
    [Timeout(240000)]
    public async Task Program_RunResumedAndRead_MatchesThePage()
    {
        using var folder = new TemporaryDirectory();

        var first = SampleProgram.Run("FirstHour", folder, code: 0);
        var resumed = SampleProgram.Run("FirstHour", folder, code: 0, "30");

        Assert.Contains("Completed after 800 steps and 20 epochs", first);
        Assert.Contains("193 parameters, 193 trained and 0 frozen, 772 B", first);
        Assert.DoesNotContain("epoch 19 of 30", resumed);
        Assert.Contains("Completed after 1200 steps (400 of them since it was resumed) and 30 epochs", resumed);
        var names = Directory.GetFiles(folder["waves/checkpoints"]).Select(Path.GetFileName).ToList();
        Assert.Contains("last.ckpt", names);
        Assert.HasCount(2, names);
        Assert.IsTrue(File.Exists(folder["waves/logs/metrics.jsonl"]));
        await using var io = new TorchCheckpointIO();
        using var loaded = await io.LoadCheckpointAsync(folder["waves/checkpoints/last.ckpt"], null, context.CancellationToken);
        Assert.AreEqual(1200, loaded["global_step"].AsInteger());
        Python(folder);
    }

    // Runs the block of the page in the folder of the run.
    private static void Python(TemporaryDirectory folder)
    {
        var block = Tree.Pages.Single(
            page => page.Name == Path.Combine("docs", "first-hour.md")).Blocks.Single(block => block.Language == "python");
        var printed = PythonInterop.Run("run_block.py", folder.Path, block.Text);

        Assert.Contains("1200", printed);
        Assert.Contains("'_layers.0.weight': (64, 1)", printed);
    }
}
