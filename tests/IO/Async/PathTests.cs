namespace Fulgurite.Tests.IO.Async;

/// <summary>One file under several spellings of its path, and paths that mean another file after a while.</summary>
[TestClass]
[DoNotParallelize]
public sealed class PathTests(TestContext context)
{
    [TestMethod]
    [DataRow("link/a.ckpt")]
    [DataRow("real/../link/./a.ckpt")]
    [DataRow("alias.ckpt")]
    [DataRow("circle/a.ckpt")]
    public async Task Load_OfAPendingPathByAnotherSpelling_WaitsForIt(string spelling)
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["real"]);
        Directory.CreateSymbolicLink(directory["link"], directory["real"]);
        Directory.CreateSymbolicLink(directory["circle"], "link");
        File.CreateSymbolicLink(directory["alias.ckpt"], directory["link/a.ckpt"]);
        var gate = new GatedCheckpointIO(new TorchCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        io.Submit(SampleStates.Small(1), directory["real/a.ckpt"], null);
        await gate.ArrivalAsync(context.CancellationToken);

        var exists = await io.ExistsAsync(directory[spelling], context.CancellationToken);
        var loading = io.LoadCheckpointAsync(directory[spelling], null, context.CancellationToken);
        gate.Open();

        using var loaded = await loading;
        Assert.AreEqual(1, SampleStates.StepOf(loaded));
        Assert.IsTrue(exists);
    }

    [TestMethod]
    public async Task Load_ThroughLinksInACircle_SaysSo()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateSymbolicLink(directory["one"], directory["two"]);
        Directory.CreateSymbolicLink(directory["two"], directory["one"]);
        await using var io = new AsyncCheckpointIO(new TorchCheckpointIO());
        var operation = io.Submit(SampleStates.Small(1), directory["one/a.ckpt"], null);
        Assert.AreEqual(CheckpointOutcome.Failed, await operation.Completion);
    }

    [TestMethod]
    public async Task Submit_RelativePathThenAnotherCurrentDirectory_IsSavedWhereItWasAskedFor()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["elsewhere"]);
        var gate = new GatedCheckpointIO(new TorchCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        var before = Environment.CurrentDirectory;
        try
        {
            Environment.CurrentDirectory = directory.Path;
            var first = io.Submit(SampleStates.Small(1), "a.ckpt", null);
            await gate.ArrivalAsync(context.CancellationToken);
            var second = io.Submit(SampleStates.Small(2), "b.ckpt", null);
            var removing = io.RemoveCheckpointAsync("a.ckpt", context.CancellationToken);
            var loading = io.LoadCheckpointAsync("b.ckpt", null, context.CancellationToken);
            Environment.CurrentDirectory = directory["elsewhere"];
            gate.Open();

            Assert.AreEqual(CheckpointOutcome.Durable, await first.Completion);
            Assert.AreEqual(CheckpointOutcome.Durable, await second.Completion);
            await removing;
            using var loaded = await loading;
            Assert.AreEqual(2, SampleStates.StepOf(loaded));
            await io.FlushAsync(context.CancellationToken);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }

        Assert.AreSequenceEqual([directory["b.ckpt"]], Directory.GetFiles(directory.Path, "*.ckpt", SearchOption.AllDirectories));
    }

    [TestMethod]
    public async Task Submit_WhatAPathLeadsToChangesMeanwhile_StillEnds()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["one"]);
        Directory.CreateDirectory(directory["two"]);
        Directory.CreateSymbolicLink(directory["current"], directory["one"]);
        var gate = new GatedCheckpointIO(new TorchCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        var operation = io.Submit(SampleStates.Small(1), directory["current/a.ckpt"], null);
        await gate.ArrivalAsync(context.CancellationToken);
        Directory.Delete(directory["current"]);
        Directory.CreateSymbolicLink(directory["current"], directory["two"]);
        gate.Open();

        Assert.AreEqual(CheckpointOutcome.Durable, await operation.Completion);
        await io.FlushAsync(context.CancellationToken);
        await io.Submit(SampleStates.Small(2), directory["current/a.ckpt"], null).Durable;
    }
}
