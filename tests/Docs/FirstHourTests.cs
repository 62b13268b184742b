using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>Follows docs/first-hour.md with its program.</summary>
[TestClass]
public sealed class FirstHourTests(TestContext context)
{
    [TestMethod]
    public async Task Program_RunResumedAndRead_MatchesThePage()
    {
        using var folder = new TemporaryDirectory();

        var first = SampleProgram.Run("FirstHour", folder, code: 0);
        var resumed = SampleProgram.Run("FirstHour", folder, code: 0, "last");
        var anew = SampleProgram.Run("FirstHour", folder, code: 0);

        Assert.Contains("Completed after 800 steps and 20 epochs", first);
        Assert.Contains("193 parameters, 193 trained and 0 frozen, 772 B", first);
        Assert.DoesNotContain("epoch 1 of 20", resumed);
        Assert.Contains("Completed after 800 steps and 20 epochs", anew);
        var names = Directory.GetFiles(folder["waves/checkpoints"]).Select(Path.GetFileName).ToList();
        Assert.Contains("last.ckpt", names);
        Assert.Contains("last-v1.ckpt", names);
        await using var io = new TorchCheckpointIO();
        using var loaded = await io.LoadCheckpointAsync(folder["waves/checkpoints/last.ckpt"], null, context.CancellationToken);
        Assert.AreEqual(800, loaded["global_step"].AsInteger());
        Python(folder);
    }

    [TestMethod]
    public void Program_MissingCheckpoint_IsReported()
    {
        using var folder = new TemporaryDirectory();

        Assert.Contains("There is no checkpoint at 'missing.ckpt'", SampleProgram.Run("FirstHour", folder, code: 134, "missing.ckpt"));
    }

    [TestMethod]
    public void Page_ProjectFile_IsTheSampleProject()
    {
        var block = Tree.Pages.Single(
            page => page.Name == Path.Combine("docs", "first-hour.md")).Blocks.Single(block => block.Language == "xml");

        Assert.AreEqual(File.ReadAllText(Tree.At("samples", "FirstHour", "FirstHour.csproj")).Trim(), block.Text.Trim());
    }

    // Runs the block of the page in the folder of the run.
    private static void Python(TemporaryDirectory folder)
    {
        var block = Tree.Pages.Single(
            page => page.Name == Path.Combine("docs", "first-hour.md")).Blocks.Single(block => block.Language == "python");
        var printed = PythonInterop.Run("run_block.py", folder.Path, block.Text);

        Assert.Contains("800", printed);
        Assert.Contains("'_layers.0.weight': (64, 1)", printed);
    }
}
