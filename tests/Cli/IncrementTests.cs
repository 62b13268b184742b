using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Cli;

[TestClass]
public sealed class IncrementTests
{
    private const int Rows = 500;

    [TestMethod]
    public void Inspect_Increment_ShowsTheFilesItIsBasedOn()
    {
        using var directory = new TemporaryDirectory();
        WriteRun(directory.Path);

        var text = ToolRun.Of("inspect", directory["step=2.safetensors"]);
        text.AssertSucceeded();
        Assert.Contains("safetensors increment", text.Output);
        Assert.Contains("Changes of 2 files: ", text.Output);
        var json = ToolRun.Of("inspect", directory["step=2.safetensors"], "--json").Json;
        Assert.HasCount(3, json["chain"]!.AsArray());
        Assert.AreEqual(2, (int)json["global_step"]!);
        Assert.IsEmpty(ToolRun.Of("inspect", directory["step=0.safetensors"], "--json").Json["chain"]!.AsArray());
    }

    [TestMethod]
    public void Verify_DamagedBase_NamesTheBase()
    {
        using var directory = new TemporaryDirectory();
        WriteRun(directory.Path);
        var run = ToolRun.Of("verify", directory.Path);
        run.AssertSucceeded();
        Assert.AreEqual(3, run.Output.Split('\n').Count(line => line.Contains("1 checksum verified")), run.Output);

        var damaged = Directory.GetFiles(directory["chain"], "*-000001.safetensors").Single();
        Samples.Damage(damaged, new FileInfo(damaged).Length - 10);
        foreach (var name in new[] { "step=1.safetensors", "step=2.safetensors" })
        {
            AssertDamaged(ToolRun.Of("verify", directory[name]), "based on", damaged);
        }
    }

    [TestMethod]
    [DataRow("flat.safetensors")]
    [DataRow("flat.ckpt")]
    public void Convert_Increment_WritesOneFileWithTheSameState(string name)
    {
        using var directory = new TemporaryDirectory();
        using var elsewhere = new TemporaryDirectory();
        WriteRun(directory.Path);
        ToolRun.Of("convert", directory["step=2.safetensors"], elsewhere[name]).AssertSucceeded();
        ToolRun.Of("diff", directory["step=2.safetensors"], elsewhere[name]).AssertSucceeded();
        ToolRun.Of("verify", elsewhere[name]).AssertSucceeded();
        Assert.AreEqual(1, ToolRun.Of("diff", directory["step=1.safetensors"], elsewhere[name]).Code);
    }

    [TestMethod]
    public void Prune_Run_KeepsTheBasesOfWhatRemains()
    {
        using var directory = new TemporaryDirectory();
        WriteRun(directory.Path);
        ToolRun.Of("prune", directory.Path, "--keep-last", "1", "--yes").AssertSucceeded();
        Assert.HasCount(1, Directory.GetFiles(directory.Path));
        Assert.HasCount(2, Directory.GetFiles(directory["chain"], "*.safetensors"), "The bases of the newest.");
        ToolRun.Of("verify", directory.Path).AssertSucceeded();
    }

    [TestMethod]
    public void Verify_BaseMissing_SaysWhichAndWhatToCopy()
    {
        using var directory = new TemporaryDirectory();
        WriteRun(directory.Path);
        var name = Path.GetFileName(Directory.GetFiles(directory["chain"], "*-000002.safetensors").Single());
        Directory.Delete(directory["chain"], recursive: true);
        foreach (var command in new[] { "verify", "inspect" })
        {
            var run = ToolRun.Of(command, directory["step=2.safetensors"]);
            AssertDamaged(run, $"{name}' is gone", "Copy the folder 'chain'");
            Assert.DoesNotContain("DAMAGED", run.Error);
        }

        Assert.Contains("INCOMPLETE", ToolRun.Of("verify", directory["step=2.safetensors"]).Error);
        ToolRun.Of("verify", directory["step=0.safetensors"]).AssertSucceeded();
    }

    private static void AssertDamaged(ToolRun run, params string[] parts)
    {
        Assert.AreEqual(1, run.Code);
        foreach (var part in parts)
        {
            Assert.Contains(part, run.Error);
        }
    }

    private static void WriteRun(string folder)
    {
        var values = new float[Rows * 64];
        new Random(3).NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        var io = new IncrementalCheckpointIO();
        for (var step = 0; step < 3; step++)
        {
            values[step * 640] = step + 0.5f;
            using var state = TrainingState.Captured(new StateMap
            {
                ["global_step"] = step,
                ["state_dict"] = new StateMap { ["weight"] = TensorData.FromValues<float>(values, ScalarType.Float32, Rows, 64) },
            });
            io.SaveCheckpointAsync(state, Path.Combine(folder, $"step={step}.safetensors"), null, default).GetAwaiter().GetResult();
        }

        io.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
