namespace Fulgurite.Tests.Cli;

[TestClass]
public sealed class ConvertTests
{
    [TestMethod]
    public void Convert_ToSafetensorsAndBack_KeepsEverything()
    {
        using var directory = new TemporaryDirectory();
        ToolRun.Of("convert", PythonFiles.Checkpoint, directory["a.safetensors"]).AssertSucceeded();
        ToolRun.Of("convert", directory["a.safetensors"], directory["b.ckpt"]).AssertSucceeded();

        ToolRun.Of("diff", PythonFiles.Checkpoint, directory["b.ckpt"]).AssertSucceeded();
        ToolRun.Of("verify", directory["a.safetensors"], directory["b.ckpt"]).AssertSucceeded();
        Assert.Contains("torch", ToolRun.Of("inspect", directory["b.ckpt"]).Output);
    }

    [TestMethod]
    public void ConvertAndExtract_FilesForPython_AreReadByPython()
    {
        using var directory = PythonFiles.Copy("weights.pt");
        ToolRun.Of("convert", PythonFiles.Checkpoint, directory["plain.pt"], "-w", "--strip-prefix", "model.").AssertSucceeded();
        ToolRun.Of("convert", directory["weights.pt"], directory["half.pt"], "-w", "--dtype", "bfloat16").AssertSucceeded();
        ToolRun.Of("extract", directory["weights.pt"], "0.weight", "-o", directory["one.npy"]).AssertSucceeded();
        ToolRun.Of(
            "extract",
            PythonFiles.Checkpoint,
            "tied",
            "view",
            "state_dict.model.1.num_batches_tracked",
            "-o",
            directory["several.npz"]).AssertSucceeded();

        Assert.AreEqual("ok", PythonInterop.Run("check_extracted.py", directory.Path));
    }

    [TestMethod]
    public void Convert_Type_LeavesOptimizersAndTies()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteTorch(directory["a.ckpt"], Samples.State(10, 0.5, "a", first: 1.5f));
        ToolRun.Of("convert", directory["a.ckpt"], directory["b.safetensors"], "--dtype", "float16").AssertSucceeded();

        var json = ToolRun.Of("inspect", directory["b.safetensors"], "--json", "--stats").Json;

        Assert.AreEqual("float16", (string?)json["state"]!["state_dict"]!["layer.weight"]!["dtype"]);
        Assert.AreEqual(1.5, (double)json["state"]!["state_dict"]!["layer.weight"]!["least"]!);
        Assert.AreEqual(1, (int)json["tensors"]!["sharing"]!);
        Assert.AreEqual("int64", (string?)json["state"]!["state_dict"]!["count"]!["dtype"]);
        Assert.AreEqual("float32", (string?)json["state"]!["optimizer_states"]![0]!["state"]!["0"]!["step"]!["dtype"]);
        Assert.AreEqual(70_000.0, (double)json["state"]!["optimizer_states"]![0]!["state"]!["0"]!["step"]!["least"]!);
    }

    [TestMethod]
    public void Convert_Only_TakesThesePaths()
    {
        using var directory = new TemporaryDirectory();
        ToolRun.Of("convert", PythonFiles.Checkpoint, directory["a.ckpt"], "--only", "state_dict", "hyper_parameters").AssertSucceeded();

        var state = ToolRun.Of("inspect", directory["a.ckpt"], "--json").Json["state"]!.AsObject();

        CollectionAssert.AreEqual(new[] { "state_dict", "hyper_parameters" }, state.Select(entry => entry.Key).ToArray());
    }

    [TestMethod]
    public void ConvertAndExtract_DamagedTensor_WriteNothingThatWouldLookSound()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteTorch(directory["a.ckpt"], Samples.State(10, 0.5, "a", first: 1234.5f));
        Samples.Damage(directory["a.ckpt"], Samples.Find(directory["a.ckpt"], BitConverter.GetBytes(1234.5f)));

        ToolRun.Of("convert", directory["a.ckpt"], directory["b.ckpt"]).AssertFailed(1, "state_dict.layer.weight", "checksum");
        ToolRun.Of("convert", directory["a.ckpt"], directory["b.safetensors"], "-w", "--dtype", "float16").AssertFailed(1, "checksum");
        ToolRun.Of("extract", directory["a.ckpt"], "state_dict.layer.weight", "-o", directory["b.npy"]).AssertFailed(1, "checksum");
        Assert.HasCount(1, Directory.GetFiles(directory.Path));
        ToolRun.Of("extract", directory["a.ckpt"], "state_dict.count", "-o", directory["c.npy"]).AssertSucceeded();
    }

    [TestMethod]
    public void Convert_WrongUse_SaysWhatToDo()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["there.pt"], "kept");

        ToolRun.Of("convert", PythonFiles.Checkpoint, directory["there.pt"]).AssertFailed(2, "exists", "--force");
        Assert.AreEqual("kept", File.ReadAllText(directory["there.pt"]));
        ToolRun.Of("convert", PythonFiles.Checkpoint, directory["a.xyz"]).AssertFailed(2, "--to torch");
        ToolRun.Of("convert", PythonFiles.Checkpoint, PythonFiles.Checkpoint, "--force").AssertFailed(2, "is the input file");
        ToolRun.Of(
            "convert",
            PythonFiles.Checkpoint,
            directory["a.pt"],
            "-w",
            "--strip-prefix",
            "net.").AssertFailed(2, "starts with 'net.'", "model.0.weight");
        ToolRun.Of("convert", PythonFiles.Checkpoint, directory["a.pt"], "--dtype", "int3").AssertFailed(2, "float16");
        ToolRun.Of("extract", PythonFiles.Checkpoint, "state_dict", "-o", directory["a.npy"]).AssertFailed(
            2, "contains one tensor", ".npz");
        ToolRun.Of("extract", PythonFiles.Checkpoint, "state_dict", "nope", "-o", directory["a.npz"]).AssertFailed(2, "no value at 'nope'");
        Assert.HasCount(1, Directory.GetFiles(directory.Path));
    }

    [TestMethod]
    public void Extract_Subtree_KeepsItsPlace()
    {
        using var directory = new TemporaryDirectory();
        ToolRun.Of("extract", PythonFiles.Checkpoint, "state_dict.model.0", "-o", directory["a.safetensors"]).AssertSucceeded();
        ToolRun.Of("extract", PythonFiles.Checkpoint, "hyper_parameters", "-o", directory["a.json"]).AssertSucceeded();

        Assert.AreEqual("state_dict", ToolRun.Of("inspect", directory["a.safetensors"], "--json").Json["state"]!.AsObject().Single().Key);
        Assert.Contains("\"name\": \"a text\"", File.ReadAllText(directory["a.json"]));
    }
}
