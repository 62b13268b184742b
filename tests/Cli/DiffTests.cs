namespace Fulgurite.Tests.Cli;

[TestClass]
public sealed class DiffTests
{
    [TestMethod]
    public void Diff_SameFile_IsEqual()
    {
        var run = ToolRun.Of("diff", PythonFiles.Checkpoint, PythonFiles.Checkpoint);

        run.AssertSucceeded();
        Assert.Contains("No difference in", run.Output);
    }

    [TestMethod]
    public void Diff_ChangedFile_SaysHowFarAndWhatIsMissing()
    {
        var run = ToolRun.Of("diff", PythonFiles.Path("weights.pt"), PythonFiles.Path("changed.pt"), "--json");

        Assert.AreEqual(1, run.Code);
        var values = run.Json["values"]!.AsArray().ToDictionary(value => (string)value!["path"]!, value => value!);
        Assert.AreEqual("different", (string?)values["0.weight"]["status"]);
        Assert.AreEqual(0.5, (double)values["0.weight"]["max_abs"]!, 1e-6);
        Assert.AreEqual(1, (int)values["0.weight"]["different_elements"]!);
        Assert.AreEqual("shape", (string?)values["2.bias"]["status"]);
        Assert.AreEqual("[4] and [7]", (string?)values["2.bias"]["detail"]);
        Assert.AreEqual("missing", (string?)values["0.bias"]["status"]);
        Assert.AreEqual("extra", (string?)values["added"]["status"]);
        Assert.HasCount(4, values);
    }

    [TestMethod]
    public void Diff_WeightsAgainstACheckpoint_MatchNames()
    {
        ToolRun.Of("diff", "-w", "--strip-prefix", "model.", PythonFiles.Path("legacy.pt"), PythonFiles.Checkpoint).AssertSucceeded();
        Assert.Contains("--weights", ToolRun.Of("diff", PythonFiles.Path("legacy.pt"), PythonFiles.Checkpoint).Output);
    }

    [TestMethod]
    public void Diff_OtherType_IsADifferenceUnlessIgnored()
    {
        using var directory = new TemporaryDirectory();
        var half = directory["half.safetensors"];
        ToolRun.Of("convert", PythonFiles.Path("weights.pt"), half, "--dtype", "float16", "-w").AssertSucceeded();
        var wide = directory["wide.pt"];
        ToolRun.Of("convert", half, wide, "--dtype", "float64", "-w").AssertSucceeded();

        Assert.AreEqual(1, ToolRun.Of("diff", half, wide, "-w").Code);
        ToolRun.Of("diff", half, wide, "-w", "--ignore-dtype").AssertSucceeded();
        Assert.AreEqual(1, ToolRun.Of("diff", "-w", PythonFiles.Path("weights.pt"), half, "--ignore-dtype", "--rtol", "1e-5").Code);
        ToolRun.Of(
            "diff", "-w", PythonFiles.Path("weights.pt"), half, "--ignore-dtype", "--rtol", "1e-3", "--atol", "1e-6").AssertSucceeded();
    }

    [TestMethod]
    public void Diff_OtherScalar_IsADifference()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteTorch(directory["a.ckpt"], Samples.State(10, 0.5, "x"));
        Samples.WriteSafetensors(directory["b.ckpt"], Samples.State(20, 0.5, "x"));

        var run = ToolRun.Of("diff", directory["a.ckpt"], directory["b.ckpt"]);

        Assert.AreEqual(1, run.Code);
        Assert.MatchesRegex(@"(?m)^global_step +different .*10 and 20$", run.Output);
        ToolRun.Of("diff", directory["a.ckpt"], directory["b.ckpt"], "--tensors").AssertSucceeded();
    }

    [TestMethod]
    public void Diff_NaN_IsItself()
    {
        using var directory = new TemporaryDirectory();
        Samples.WriteTorch(directory["a.ckpt"], Samples.State(10, 0.5, "x", float.NaN));
        Samples.WriteTorch(directory["b.ckpt"], Samples.State(10, 0.5, "x", 1));

        ToolRun.Of("diff", directory["a.ckpt"], directory["a.ckpt"]).AssertSucceeded();
        var run = ToolRun.Of("diff", directory["a.ckpt"], directory["b.ckpt"], "--atol", "100", "--json");

        Assert.AreEqual(1, run.Code);
        Assert.AreEqual("Infinity", (string?)run.Json["values"]![0]!["max_abs"]);
    }
}
