namespace Fulgurite.Tests.Cli;

/// <summary>Checkpoints that are folders of several files.</summary>
[TestClass]
public sealed class ShardedTests
{
    [TestMethod]
    public async Task InspectVerifyConvert_FolderOrIndex_ReadTheWholeCheckpoint()
    {
        using var directory = new TemporaryDirectory();
        var folder = directory["last.ckpt"];
        await SaveAsync(folder, 3);
        var index = Path.Combine(folder, "model.safetensors.index.json");

        foreach (var path in new[] { folder, index })
        {
            var inspected = ToolRun.Of("inspect", path);
            inspected.AssertSucceeded();
            Assert.Contains("safetensors in 2 files, by Fulgurite", inspected.Output);
            Assert.Contains("layer.weight", ToolRun.Of("inspect", path, "--path", "state_dict").Output);
            var verified = ToolRun.Of("verify", path);
            verified.AssertSucceeded();
            Assert.MatchesRegex("ok, .* checksums? verified", verified.Output);
            ToolRun.Of("convert", path, directory["one.ckpt"], "--force").AssertSucceeded();
        }

        Assert.Contains("ok", ToolRun.Of("verify", directory["one.ckpt"]).Output);
        ToolRun.Of("diff", folder, directory["one.ckpt"]).AssertSucceeded();
        ToolRun.Of("convert", folder, directory["weights.safetensors"], "--weights-only").AssertSucceeded();
    }

    [TestMethod]
    public async Task Verify_DamagedPart_NamesIt()
    {
        using var directory = new TemporaryDirectory();
        var folder = directory["last.ckpt"];
        await SaveAsync(folder, 3);
        var part = Directory.GetFiles(folder, "model-*").Single();
        Samples.Damage(part, Samples.Find(part, BitConverter.GetBytes(1234.5f)));

        var run = ToolRun.Of("verify", folder);
        Assert.AreEqual(1, run.Code);
        Assert.Contains("DAMAGED", run.Error);
        Assert.Contains("layer.weight", run.Error);
    }

    [TestMethod]
    public async Task ListAndPrune_FolderOfARun_CountAFolderAsOneCheckpoint()
    {
        using var directory = new TemporaryDirectory();
        await SaveAsync(directory["a.ckpt"], 1);
        await SaveAsync(directory["b.ckpt"], 2);

        var listed = ToolRun.Of("ls", directory.Path, "--json");
        listed.AssertSucceeded();
        Assert.Contains("b.ckpt", listed.Output);
        Assert.DoesNotContain("model-0", listed.Output);
        ToolRun.Of("prune", directory.Path, "--keep-last", "1", "--yes").AssertSucceeded();
        Assert.IsFalse(Directory.Exists(directory["a.ckpt"]));
        ToolRun.Of("verify", directory["b.ckpt"]).AssertSucceeded();
    }

    private static async Task SaveAsync(string path, int step)
    {
        await using var io = new ShardedCheckpointIO();
        using var state = Samples.State(step, 0.5, "a", first: 1234.5f);
        await io.SaveCheckpointAsync(state, path, null, CancellationToken.None);
    }
}
