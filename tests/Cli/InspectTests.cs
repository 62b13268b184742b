using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Cli;

[TestClass]
public sealed class InspectTests
{
    [TestMethod]
    public void Inspect_LightningsFile_ShowsTreeCountersAndTensors()
    {
        var run = ToolRun.Of("inspect", PythonFiles.Checkpoint);

        run.AssertSucceeded();
        Assert.Contains("torch, by Lightning 2.2.0", run.Output);
        Assert.Contains("epoch 3, global_step 120", run.Output);
        Assert.MatchesRegex(@"(?m)^  model\.0\.weight +float32 +\[32, 16\] +2\.0 KiB$", run.Output);
        Assert.MatchesRegex(@"(?m)^view +float32 +\[8, 2\] +64 B +strides \[1, 8\]$", run.Output);
        Assert.Contains("Placeholders for objects of unknown classes: argparse.Namespace", run.Output);
        Assert.DoesNotContain("\u001b", run.Output);
    }

    [TestMethod]
    public void Inspect_TypeThatTorchSharpLacks_ShowsItsName()
    {
        using var folder = new TemporaryDirectory();
        var file = folder["f8.safetensors"];
        var header =
            """{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"scale":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[4,6]}}""";
        File.WriteAllBytes(file, [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[6]]);

        Assert.MatchesRegex(@"(?m)^scale +F8_E4M3 +\[2\] +2 B +type not supported by TorchSharp", ToolRun.Of("inspect", file).Output);
        Assert.AreEqual("F8_E4M3", (string?)ToolRun.Of("inspect", file, "--json").Json["state"]!["scale"]!["dtype"]);
        ToolRun.Of("verify", file).AssertSucceeded();
    }

    [TestMethod]
    [DataRow]
    [DataRow("--all")]
    [DataRow("--stats")]
    [DataRow("--histogram")]
    public void Inspect_WithoutATerminal_IsTheTableOfAVeryWideOne(params string[] options)
    {
        var redirected = ToolRun.Of(["inspect", PythonFiles.Checkpoint, .. options]);
        var wide = ToolRun.Of(new ToolRun.Look(Width: 100_000), ["inspect", PythonFiles.Checkpoint, .. options]);

        redirected.AssertSucceeded();
        Assert.AreEqual(wide.Output, redirected.Output);
    }

    [TestMethod]
    public void Inspect_DeepTree_IsCountedUnlessAll()
    {
        Assert.Contains("18 tensors below", ToolRun.Of("inspect", PythonFiles.Checkpoint).Output);
        Assert.MatchesRegex(@"(?m)^        exp_avg_sq +float32", ToolRun.Of("inspect", PythonFiles.Checkpoint, "--all").Output);
    }

    [TestMethod]
    public void Inspect_Json_HasEveryTensorAndValue()
    {
        var json = ToolRun.Of("inspect", PythonFiles.Checkpoint, "--json", "--stats").Json;

        Assert.AreEqual(120, (int)json["global_step"]!);
        Assert.AreEqual("float32", (string?)json["state"]!["state_dict"]!["model.0.weight"]!["dtype"]);
        Assert.AreEqual(32, (int)json["state"]!["state_dict"]!["model.0.weight"]!["shape"]![0]!);
        Assert.AreEqual("NaN", (string?)json["state"]!["hyper_parameters"]!["nan"]);
        Assert.AreEqual(63.0, (double)json["state"]!["tied"]!["greatest"]!);
        Assert.AreEqual(31.5, (double)json["state"]!["tied"]!["mean"]!);
        Assert.AreEqual("argparse.Namespace", (string?)json["placeholders"]![0]);
    }

    [TestMethod]
    [DataRow("legacy.pt", "torch (before 1.6), by PyTorch")]
    [DataRow("weights.pt", "torch, by PyTorch")]
    public void Inspect_Weights_SaysTheFormat(string name, string expected) =>
        Assert.Contains(expected, ToolRun.Of("inspect", PythonFiles.Path(name)).Output);

    [TestMethod]
    public void Inspect_ModuleOfTorchSharp_ShowsItsTensors()
    {
        using var directory = new TemporaryDirectory();
        using var module = TorchSharp.torch.nn.Linear(5, 3);
        module.save(directory["module.dat"]);

        var run = ToolRun.Of("inspect", directory["module.dat"]);

        run.AssertSucceeded();
        Assert.Contains("TorchSharp module, by TorchSharp", run.Output);
        Assert.MatchesRegex(@"(?m)^weight +float32 +\[3, 5\]", run.Output);
    }

    [TestMethod]
    public void Inspect_OurSafetensors_ShowsTiedWeights()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteSafetensors(directory["a.safetensors"], Samples.State(10, 0.5, "a.safetensors"));

        var run = ToolRun.Of("inspect", directory["a.safetensors"]);

        Assert.Contains("safetensors, by Fulgurite", run.Output);
        Assert.Contains("same memory as state_dict.layer.weight", run.Output);
        Assert.Contains("1 sharing the memory of another", run.Output);
    }

    [TestMethod]
    public void Inspect_FileOfFourGibibytes_ReadsOnlyItsHeader()
    {
        const long bytes = 4L << 30;
        using var directory = new TemporaryDirectory();
        WriteSparse(directory["big.safetensors"], bytes);
        ToolRun.Of("inspect", PythonFilesFree(directory)).AssertSucceeded(); // Compiled before the clock runs.
        var start = Stopwatch.GetTimestamp();

        var run = ToolRun.Of("inspect", directory["big.safetensors"]);

        // Reading it all takes seconds on any disk; the generous limit is for a machine that does other work.
        Assert.IsLessThan(0.5, Stopwatch.GetElapsedTime(start).TotalSeconds);
        Assert.Contains("4.0 GiB of storage; 1,073,741,824 elements in the model", run.Output);
    }

    [TestMethod]
    public void Inspect_Path_ShowsThatPart()
    {
        var run = ToolRun.Of("inspect", PythonFiles.Checkpoint, "--path", "hyper_parameters.hidden");

        Assert.MatchesRegex(@"(?m)^0 +int +32$", run.Output);
        ToolRun.Of("inspect", PythonFiles.Checkpoint, "--path", "nothing").AssertFailed(2, "has no 'nothing'", "state_dict");
    }

    [TestMethod]
    public void Inspect_NarrowTerminal_KeepsToItsWidth()
    {
        var run = ToolRun.Of(new ToolRun.Look(80, HasColors: true), "inspect", PythonFiles.Checkpoint);

        Assert.Contains("\u001b[", run.Output);
        var plain = System.Text.RegularExpressions.Regex.Replace(
            run.Output, "\u001b\\[[0-9;]*m", string.Empty, System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(10));
        foreach (var line in plain.Split('\n').Skip(6))
        {
            Assert.IsLessThanOrEqualTo(80, line.Length, line);
        }
    }

    [TestMethod]
    public void Inspect_Histogram_CountsElementsFromMinToMax()
    {
        using var directory = new TemporaryDirectory();
        var values = Enumerable.Range(0, 160).Select(value => (float)value).Append(float.NaN).ToArray();
        var state = new TrainingState(new StateMap
        {
            ["ramp"] = TensorData.FromValues<float>(values, ScalarType.Float32, values.Length),
            ["same"] = TensorData.FromValues<float>([2, 2, 2], ScalarType.Float32, 3),
        });
        Samples.WriteTorch(directory["weights.ckpt"], state);

        var run = ToolRun.Of("inspect", directory["weights.ckpt"], "--histogram");

        run.AssertSucceeded();
        Assert.MatchesRegex($"ramp .* 0 +79.5 +159 +{new string('\u2588', 16)} +1 not finite", run.Output);
        Assert.MatchesRegex("same .* 2 +2 +2 +\u2588", run.Output);
        var histogram = ToolRun.Of(
            "inspect", directory["weights.ckpt"], "--histogram", "--json").Json["state"]!["ramp"]!["histogram"]!.AsArray();
        Assert.AreSequenceEqual(Enumerable.Repeat(10L, 16), histogram.Select(count => (long)count!));
    }

    private static string PythonFilesFree(TemporaryDirectory directory)
    {
        Samples.WriteSafetensors(directory["small.safetensors"], Samples.State(10, 0.5, "small"));
        return directory["small.safetensors"];
    }

    private static void WriteSparse(string path, long bytes)
    {
        var header = Encoding.UTF8.GetBytes(
            $$$"""{"w":{"dtype":"F32","shape":[{{{bytes / 4096}}},1024],"data_offsets":[0,{{{bytes}}}]}}""");
        using var file = File.Create(path);
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        file.Write(length);
        file.Write(header);
        file.SetLength(length.Length + header.Length + bytes);
    }
}
