namespace Fulgurite.Tests.IO.Async;

/// <summary>Saves that are cancelled or given up before the step that would copy them.</summary>
[TestClass]
[DoNotParallelize]
public sealed class StepCopyCancelTests(TestContext context)
{
    [TestMethod]
    [Timeout(20_000)]
    public void TakeSnapshot_DisposedBeforeTheStep_DoesNotStopTheStep()
    {
        using var training = new StepCopyTraining(new InMemoryCheckpointIO());
        training.CheckpointIO.TakeSnapshot(training.State).Dispose();

        training.Step();

        Assert.AreNotEqual(0, training.Large[0].item<float>());
        using var snapshot = training.CheckpointIO.TakeSnapshot(training.State);
        Assert.AreEqual(training.Large[0].item<float>(), snapshot.State["large"].AsTensor().ToTensor()[0].item<float>());
    }

    [TestMethod]
    [Timeout(20_000)]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    public async Task Cancel_WaitingSaveBeforeTheStep_DoesNotStopTheStep(int way)
    {
        var inner = new OrderedCheckpointIO();
        using var training = new StepCopyTraining(inner);
        using var cancellation = new CancellationTokenSource();
        var first = training.Save("first");
        training.Step();
        await inner.ArrivalAsync(context.CancellationToken);
        if (way == 2)
        {
            var second = training.CheckpointIO.SaveCheckpointAsync(training.State, "second", null, cancellation.Token);
            await cancellation.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => second.WaitAsync(context.CancellationToken));
        }
        else
        {
            var second = training.Save("second");
            Assert.IsTrue(way == 0 ? second.Cancel() : second.Withdraw());
        }

        training.Step();

        inner.Open();
        await first.Durable.WaitAsync(context.CancellationToken);
        CollectionAssert.AreEqual(new[] { "+first" }, inner.Done.ToArray());
    }

    [TestMethod]
    [Timeout(20_000)]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Cancel_WhileTheStepRuns_DoesNotWaitForTheStep(bool onTheThreadOfTheStep)
    {
        var inner = new OrderedCheckpointIO();
        using var training = new StepCopyTraining(inner);
        var io = training.CheckpointIO;
        var first = training.Save("first");
        training.Step();
        await inner.ArrivalAsync(context.CancellationToken);
        var second = training.Save("second");
        var step = new RecordingStep();
        io.CopyInNextStep(step);
        io.BeforeParametersChange();
        var leased = io.Statistics.MemoryBytes;

        Assert.HasCount(3, step.Lengths.Where(length => length > 4096).Take(3));
        Assert.IsTrue(onTheThreadOfTheStep ? second.Cancel() : Task.Run(second.Cancel, context.CancellationToken).GetAwaiter().GetResult());
        step.Finish();

        var third = training.Save("third");
        training.Step();
        Assert.AreEqual(leased, io.Statistics.MemoryBytes, "The memory of the cancelled save was not used again.");
        inner.Open();
        await first.Durable.WaitAsync(context.CancellationToken);
        await third.Durable.WaitAsync(context.CancellationToken);
        CollectionAssert.AreEqual(new[] { "+first", "+third" }, inner.Done.ToArray());
    }
}
