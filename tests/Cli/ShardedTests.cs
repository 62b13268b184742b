using Fulgurite.Cli;
using Fulgurite.State;
using static TorchSharp.torch;

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
    public void Convert_IndexOfHuggingFaceForAModelOfOtherNames_MapsTheNamesAndReportsTheRest()
    {
        using var directory = new TemporaryDirectory();
        WriteHuggingFace(directory);
        Samples.WriteSafetensors(
            directory["model.safetensors"],
            new TrainingState { ["_net.embed"] = Zeros(2, 3), ["_net.head"] = Zeros(5), ["_net.bias"] = Zeros(1) });
        string[] command =
        [
            "convert", directory["model.safetensors.index.json"], directory["mapped.safetensors"], "-w", "--strip-prefix", "bert.",
            "--add-prefix", "_net.", "--like", directory["model.safetensors"],
        ];

        var run = ToolRun.Of(command);

        run.AssertSucceeded();
        Assert.Contains("1 missing: _net.bias", run.Output);
        Assert.Contains("1 unexpected: _net.extra", run.Output);
        Assert.Contains("1 other shape: _net.head [4] instead of [5]", run.Output);
        var json = ToolRun.Of([.. command, "--force", "--json"]).Json;
        Assert.AreEqual("_net.bias", (string?)json["missing"]!.AsArray().Single());
        Assert.AreEqual("_net.extra", (string?)json["unexpected"]!.AsArray().Single());
        Assert.AreEqual("_net.head [4] instead of [5]", (string?)json["other_shapes"]!.AsArray().Single());
        var content = ToolRun.Of("inspect", directory["mapped.safetensors"]).Output;
        Assert.Contains("_net.embed", content);
        Assert.DoesNotContain("_net.head", content);
        Assert.DoesNotContain("cls", content);
    }

    [TestMethod]
    public void Convert_NoWeightOfTheModel_IsRefusedWithTheDifferences()
    {
        using var directory = new TemporaryDirectory();
        WriteHuggingFace(directory);
        Samples.WriteSafetensors(directory["model.safetensors"], new TrainingState { ["embed"] = Zeros(2, 3) });

        ToolRun.Of(
            "convert", directory["model.safetensors.index.json"], directory["out.safetensors"], "-w", "--like",
            directory["model.safetensors"]).AssertFailed(2, "No weight of", "1 missing: embed", "bert.embed", "--strip-prefix");
        ToolRun.Of("convert", directory["model.safetensors"], directory["out.safetensors"], "--add-prefix", "a.").AssertFailed(
            2, "--add-prefix", "--weights-only");
        Assert.IsFalse(File.Exists(directory["out.safetensors"]));
    }

    [TestMethod]
    public async Task Verify_DamagedPart_NamesIt()
    {
        using var directory = new TemporaryDirectory();
        var folder = directory["last.ckpt"];
        await SaveAsync(folder, 3);
        var part = Directory.GetFiles(folder, "model-*").Single();
        Samples.Damage(part, Samples.Find(part, BitConverter.GetBytes(1234.5f)));

        AssertDamaged(folder, "layer.weight");
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

    [TestMethod]
    public async Task Verify_PartIsMissing_IsDamaged()
    {
        using var directory = new TemporaryDirectory();
        await SaveAsync(directory["last.ckpt"], 3);
        File.Delete(Directory.GetFiles(directory["last.ckpt"], "model-*").Single());

        foreach (var path in new[] { directory["last.ckpt"], Directory.GetFiles(directory["last.ckpt"], "*.index.json").Single() })
        {
            AssertDamaged(path, "does not exist");
        }
    }

    [TestMethod]
    public async Task Verify_RunRemovesTheFilesMeanwhile_StillReadsThem()
    {
        using var directory = new TemporaryDirectory();
        await SaveAsync(directory["last.ckpt"], 3);
        using var checkpoint = await OpenCheckpoint.ReadAsync(directory["last.ckpt"], CancellationToken.None);
        var length = checkpoint.ByteLength;
        Directory.Delete(directory["last.ckpt"], recursive: true);

        Assert.AreEqual(length, checkpoint.ByteLength);
        Assert.IsGreaterThan(0, checkpoint.VerifyChecksums(NoScreen(), CancellationToken.None));
    }

    [TestMethod]
    public async Task List_WhileARunSaves_NothingIsDamaged()
    {
        using var directory = new TemporaryDirectory();
        await SaveAsync(directory["last.ckpt"], 1);
        var ended = false;
        var saving = Task.Run(async () =>
        {
            for (var step = 2; step <= 40; step++)
            {
                await SaveAsync(directory["last.ckpt"], step);
            }

            Volatile.Write(ref ended, true);
        });
        while (!Volatile.Read(ref ended))
        {
            var listed = await RunListing.ReadAsync([directory["last.ckpt"]], verify: true, NoScreen(), CancellationToken.None);
            Assert.IsNull(Assert.ContainsSingle(listed).Problem);
        }

        await saving;
    }

    [TestMethod]
    public async Task IsUnchanged_RunHasReplacedTheCheckpoint_IsFalse()
    {
        using var directory = new TemporaryDirectory();
        var path = directory["last.ckpt"];
        await SaveAsync(path, 1);
        var part = Directory.GetFiles(path, "model-*").Single();
        Samples.Damage(part, Samples.Find(part, BitConverter.GetBytes(1234.5f)));
        var damaged = Assert.ContainsSingle(await RunListing.ReadAsync([path], verify: true, NoScreen(), CancellationToken.None));
        Assert.IsNotNull(damaged.Problem);
        Assert.IsTrue(await RunListing.IsUnchangedAsync(damaged, NoScreen(), CancellationToken.None));

        await SaveAsync(path, 1);
        Assert.IsFalse(await RunListing.IsUnchangedAsync(damaged, NoScreen(), CancellationToken.None));
        var valid = Assert.ContainsSingle(await RunListing.ReadAsync([path], verify: true, NoScreen(), CancellationToken.None));
        Assert.IsTrue(await RunListing.IsUnchangedAsync(valid, NoScreen(), CancellationToken.None));
        await SaveAsync(path, 2);
        Assert.IsFalse(await RunListing.IsUnchangedAsync(valid, NoScreen(), CancellationToken.None));
        Directory.Delete(path, recursive: true);
        Assert.IsFalse(await RunListing.IsUnchangedAsync(valid, NoScreen(), CancellationToken.None));
        Assert.IsEmpty(await RunListing.ReadAsync([path], verify: true, NoScreen(), CancellationToken.None));
    }

    [TestMethod]
    public async Task List_CheckpointsNextToAnIndex_AreListedToo()
    {
        using var directory = new TemporaryDirectory();
        var model = directory["model"];
        await SaveAsync(model, 1);
        await SaveAsync(Path.Combine(model, "last.ckpt"), 2);
        await using var io = new TorchCheckpointIO();
        using var state = Samples.State(3, 0.5, "a", first: 1234.5f);
        await io.SaveCheckpointAsync(state, Path.Combine(model, "best.ckpt"), null, CancellationToken.None);

        // A part of a save that is under way.
        var part = Directory.GetFiles(model, "model-*").Single();
        File.Copy(part, part[..^"xxxx.safetensors".Length] + "0a0a.safetensors");

        Assert.AreSequenceEqual(
            [model, Path.Combine(model, "best.ckpt"), Path.Combine(model, "last.ckpt")], CheckpointFolder.Expand(model));
        Assert.AreSequenceEqual(CheckpointFolder.Expand(model), CheckpointFolder.Expand(directory.Path));
        ToolRun.Of("verify", model).AssertSucceeded();
    }

    private static void AssertDamaged(string path, string message)
    {
        var run = ToolRun.Of("verify", path);
        Assert.AreEqual(1, run.Code);
        Assert.Contains("DAMAGED", run.Error);
        Assert.Contains(message, run.Error);
    }

    private static Screen NoScreen() => new(TextWriter.Null, TextWriter.Null);

    /// <summary>Writes two weight files and their index, in the layout of a large model on Hugging Face.</summary>
    private static void WriteHuggingFace(TemporaryDirectory directory)
    {
        Samples.WriteSafetensors(
            directory["model-00001-of-00002.safetensors"],
            new TrainingState { ["bert.embed"] = Zeros(2, 3), ["bert.extra"] = Zeros(1) });
        Samples.WriteSafetensors(
            directory["model-00002-of-00002.safetensors"], new TrainingState { ["bert.head"] = Zeros(4), ["cls.bias"] = Zeros(4) });
        File.WriteAllText(
            directory["model.safetensors.index.json"],
            """
            {
              "metadata": { "total_size": 60 },
              "weight_map": {
                "bert.embed": "model-00001-of-00002.safetensors",
                "bert.extra": "model-00001-of-00002.safetensors",
                "bert.head": "model-00002-of-00002.safetensors",
                "cls.bias": "model-00002-of-00002.safetensors"
              }
            }
            """);
    }

    private static TensorData Zeros(params long[] shape) =>
        TensorData.FromValues<float>(new float[shape.Aggregate(1L, (product, length) => product * length)], ScalarType.Float32, shape);

    private static async Task SaveAsync(string path, int step)
    {
        await using var io = new ShardedCheckpointIO();
        using var state = Samples.State(step, 0.5, "a", first: 1234.5f);
        await io.SaveCheckpointAsync(state, path, null, CancellationToken.None);
    }
}
