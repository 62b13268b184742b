namespace Fulgurite.Tests.Samples.AttentionXml.Run;

/// <summary>The program in two processes of Open MPI, which compare their weights at every validation.</summary>
[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed class TwoProcessesTests(TestContext context) : ApplicationTest
{
    private const int Topics = 23, Levels = 3;

    private static readonly string[] Common = ["--epochs", "2", "--validate-every", "10", "--dropout", "0.1", "--average-from", "1"];

    [TestInitialize]
    public void WriteMoreLabels() => TinyDataset.Write(Folder, Topics);

    [TestMethod]
    [Timeout(240000, CooperativeCancellation = true)]
    public async Task Run_LabelTreeTwice_GivesTheSameBitsAndOneReport()
    {
        string[] tree = [.. Common, "--levels", "3", "--cluster-size", "2", "--beam", "4"];

        var first = await RunAsync([.. tree, "--output", Folder.File("first")]);
        var second = await RunAsync([.. tree, "--output", Folder.File("second")]);

        for (var level = 0; level < Levels; level++)
        {
            CollectionAssert.AreEqual(
                File.ReadAllBytes(Folder.File($"first/level-{level}/last.ckpt")),
                File.ReadAllBytes(Folder.File($"second/level-{level}/last.ckpt")),
                $"level {level}");
        }

        Assert.AreEqual(TableOf(first), TableOf(second));
    }

    [TestMethod]
    [Timeout(240000, CooperativeCancellation = true)]
    public async Task Run_Resumed_EndsBitForBitAsARunInOnePiece()
    {
        var whole = await RunAsync([.. Common, "--output", Folder.File("whole")]);
        await RunAsync([.. Common, "--output", Folder.File("runs"), "--max-steps", "20"]);

        var resumed = await RunAsync([.. Common, "--output", Folder.File("runs"), "--resume"]);

        CollectionAssert.AreEqual(File.ReadAllBytes(Folder.File("whole/last.ckpt")), File.ReadAllBytes(Folder.File("runs/last.ckpt")));
        Assert.AreEqual(TableOf(whole), TableOf(resumed));
    }

    [TestMethod]
    [Timeout(240000, CooperativeCancellation = true)]
    public async Task Run_TwoProcesses_TrainOnTheBatchesOfOne()
    {
        // 15 documents in a batch: one more in the first process. No dropout, which each process draws for its own documents, and no
        // padding, which depends on the documents of a part.
        string[] options = ["--max-steps", "4", "--validate-every", "4", "--batch-size", "15", "--max-tokens", "3"];
        Assert.AreEqual(0, RunTiny([.. options, "--output", Folder.File("one")]), Error.ToString());

        var both = await RunAsync([.. options, "--output", Folder.File("two")]);

        var (expected, actual) = (WeightsOf("one/last.ckpt"), WeightsOf("two/last.ckpt"));
        Assert.IsNotEmpty(expected);
        for (var i = 0; i < expected.Length; i++)
        {
            // Sums in another order, of which Adam makes more where a gradient is almost zero.
            Assert.AreEqual(0, expected[i].Zip(actual[i], (left, right) => Math.Abs(left - right)).Average(), 1e-4f, both);
        }
    }

    [TestMethod]
    [Timeout(240000, CooperativeCancellation = true)]
    public async Task Run_TwoTreesResumed_RanksAsARunInOnePiece()
    {
        string[] trees = [.. Common, "--trees", "2"];
        var whole = await RunAsync([.. trees, "--output", Folder.File("whole")]);
        await RunAsync([.. Common, "--output", Folder.File("runs/tree-1")]);

        var resumed = await RunAsync([.. trees, "--output", Folder.File("runs"), "--resume"]);

        const string Mean = "mean of 2 trees";
        Assert.AreEqual(TableOf(whole, Mean), TableOf(resumed, Mean));
    }

    private float[][] WeightsOf(string file)
    {
        using var state = new TorchCheckpointIO().LoadCheckpointAsync(Folder.File(file), null, CancellationToken.None)
            .GetAwaiter().GetResult();
        var weights = new List<float[]>();
        foreach (var (_, value) in state["state_dict"].AsMap())
        {
            using var tensor = value.AsTensor().ToTensor();
            weights.Add(tensor.data<float>().ToArray());
        }

        return [.. weights];
    }

    private static string TableOf(string output, string name = "this model") =>
        output.Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal));

    private async Task<string> RunAsync(string[] arguments)
    {
        var run = await SampleRun.OfTwoRanks("AttentionXml", Folder.Path, context.CancellationToken, TinyArguments(arguments));
        Assert.AreEqual(0, run.ExitCode, run.ToString());
        return run.Output;
    }
}
