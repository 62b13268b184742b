using Fulgurite.State;

namespace Fulgurite.Tests.Cli;

[TestClass]
public sealed class VerifyTests
{
    [TestMethod]
    public void Verify_FilesOfPython_AreOk()
    {
        var run = ToolRun.Of("verify", PythonFiles.Checkpoint, PythonFiles.Path("legacy.pt"));

        run.AssertSucceeded();
        Assert.MatchesRegex(@"120\.ckpt: ok, 32 tensors, .*, 31 checksums verified", run.Output);
        Assert.Contains("no checksums in the file", run.Output);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Verify_ChangedNumber_NamesTheTensor(bool safetensors)
    {
        using var directory = new TemporaryDirectory();
        var path = directory["a.ckpt"];
        var state = Samples.State(10, 0.5, "a", first: 1234.5f);
        if (safetensors)
        {
            Samples.WriteSafetensors(path, state);
        }
        else
        {
            Samples.WriteTorch(path, state);
        }

        ToolRun.Of("verify", path).AssertSucceeded();
        Samples.Damage(path, Samples.Find(path, BitConverter.GetBytes(1234.5f)));
        var run = ToolRun.Of("verify", path, "--json");

        Assert.AreEqual(1, run.Code);
        Assert.IsFalse((bool)run.Json["valid"]!);
        Assert.AreEqual("state_dict.layer.weight", (string?)run.Json["files"]![0]!["tensor"]);
        Assert.Contains("checksum", (string)run.Json["files"]![0]!["problem"]!);
        StringAssert.Contains(ToolRun.Of("verify", path).Error, "a.ckpt: DAMAGED.");
    }

    [TestMethod]
    public void InspectVerifyAndConvert_IndexOfShards_AreOfAllItsFiles()
    {
        using var directory = new TemporaryDirectory();
        foreach (var (name, value) in new[] { ("a", 1234.5f), ("b", 77.25f) })
        {
            Samples.WriteSafetensors(
                directory[name + ".safetensors"],
                new TrainingState { [name] = TensorData.FromValues<float>([value], TorchSharp.torch.ScalarType.Float32, 1) });
        }

        var index = directory["model.safetensors.index.json"];
        File.WriteAllText(index, """{ "weight_map": { "a": "a.safetensors", "b": "b.safetensors" } }""");

        Assert.Contains("safetensors in 2 files", ToolRun.Of("inspect", index).Output);
        Assert.MatchesRegex("index.json: ok, 2 tensors, .*, 2 checksums verified", ToolRun.Of("verify", index).Output);
        ToolRun.Of("convert", index, directory["whole.pt"]).AssertSucceeded();
        Assert.Contains("2 equal", ToolRun.Of("diff", index, directory["whole.pt"]).Output);

        Samples.Damage(directory["b.safetensors"], Samples.Find(directory["b.safetensors"], BitConverter.GetBytes(77.25f)));
        Assert.MatchesRegex("index.json: DAMAGED. .*b.safetensors.*'b'", ToolRun.Of("verify", index).Error);
    }

    [TestMethod]
    [Timeout(60_000)]
    [OSCondition(ConditionMode.Include, OperatingSystems.Linux)]
    public void InspectAndVerify_PipeThatNobodyWritesTo_DoNotWaitForIt()
    {
        using var directory = new TemporaryDirectory();
        using (var process = System.Diagnostics.Process.Start("mkfifo", directory["pipe"]))
        {
            process.WaitForExit();
        }

        ToolRun.Of("inspect", directory["pipe"]).AssertFailed(1, "pipe", "to a file first");
        Assert.AreEqual(1, ToolRun.Of("verify", directory["pipe"]).Code);
        Assert.AreEqual(2, ToolRun.Of("convert", directory["pipe"], directory["pipe"], "--to", "torch").Code);
    }

    [TestMethod]
    [DataRow(100)]
    [DataRow(1000)]
    public void Verify_CutOffFile_IsDamagedAndTheNextIsStillChecked(int length)
    {
        using var directory = PythonFiles.Copy("weights.pt");
        using (var file = File.Open(directory["weights.pt"], FileMode.Open))
        {
            file.SetLength(length);
        }

        var run = ToolRun.Of("verify", directory["weights.pt"], PythonFiles.Path("changed.pt"));

        Assert.AreEqual(1, run.Code);
        Assert.Contains("weights.pt: DAMAGED.", run.Error);
        Assert.Contains("changed.pt: ok", run.Output);
    }

    [TestMethod]
    public void Verify_EveryByteOfAFile_IsNoticedOrHarmless()
    {
        using var directory = new TemporaryDirectory();
        var (path, damaged) = (directory["a.ckpt"], directory["b.ckpt"]);
        Samples.WriteTorch(path, Samples.State(10, 0.5, "a"));
        var bytes = File.ReadAllBytes(path);
        for (var offset = 0; offset < bytes.Length; offset += 7)
        {
            var copy = (byte[])bytes.Clone();
            copy[offset] ^= 0x21;
            File.WriteAllBytes(damaged, copy);
            var run = ToolRun.Of("verify", damaged);
            if (run.Code == 0)
            {
                // Padding, dates and the like: then what is in the file is what was.
                Assert.AreEqual(0, ToolRun.Of("diff", path, damaged).Code, $"byte {offset}");
            }
            else
            {
                Assert.AreEqual(1, run.Code, run.Error);
                Assert.DoesNotContain("Unexpected error", run.Error, $"byte {offset}");
            }
        }
    }

    [TestMethod]
    public void Verify_Finite_FindsNaN()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteTorch(directory["a.ckpt"], Samples.State(10, 0.5, "a", first: float.NaN));

        ToolRun.Of("verify", directory["a.ckpt"]).AssertSucceeded();
        var run = ToolRun.Of("verify", "--finite", directory["a.ckpt"]);

        Assert.AreEqual(1, run.Code);
        Assert.Contains("state_dict.layer.weight (1 of 6)", run.Error);
    }

    [TestMethod]
    public void Verify_LargeTensor_IsReadInPartsAndStillComparedAsAWhole()
    {
        const int count = 33 << 20; // More than two stretches of 64 MiB.
        using var directory = new TemporaryDirectory();
        var path = directory["large.ckpt"];
        var values = new float[count];
        values[count - 5] = 1234.5f;
        Samples.WriteTorch(path, new TrainingState(new StateMap
        {
            ["large"] = Fulgurite.State.TensorData.FromValues<float>(values, TorchSharp.torch.ScalarType.Float32, count),
        }));

        ToolRun.Of("verify", path).AssertSucceeded();
        Samples.Damage(path, Samples.Find(path, BitConverter.GetBytes(1234.5f)));

        Assert.AreEqual("large", (string?)ToolRun.Of("verify", path, "--json").Json["files"]![0]!["tensor"]);
    }
}
