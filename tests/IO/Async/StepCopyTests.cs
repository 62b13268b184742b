using TorchSharp;

namespace Fulgurite.Tests.IO.Async;

/// <summary>Saves whose copies are made by the optimizer step that follows.</summary>
[TestClass]
[DoNotParallelize]
public sealed class StepCopyTests(TestContext context)
{
    [TestMethod]
    public async Task Submit_BeforeAStep_IsCopiedByIt()
    {
        var inner = new InMemoryCheckpointIO();
        using var training = new StepCopyTraining(inner);

        var operation = training.Save();
        training.Step();

        Assert.IsTrue(operation.Captured.IsCompleted, "The step returned while the state may still be read.");
        Assert.AreNotEqual(0, training.Large[0].item<float>());
        await operation.Durable.WaitAsync(context.CancellationToken);
        StateAssert.HaveSameValues(training.Expected, inner["a"]);
    }

    [TestMethod]
    public async Task Submit_NoStepFollows_IsWrittenByAFlush()
    {
        var inner = new InMemoryCheckpointIO();
        using var training = new StepCopyTraining(inner);

        var operation = training.Save();
        await training.CheckpointIO.FlushAsync(context.CancellationToken);

        Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome);
        StateAssert.HaveSameValues(training.Expected, inner["a"]);
    }

    [TestMethod]
    public async Task Submit_NoStepFollows_IsWrittenAllTheSame()
    {
        var inner = new InMemoryCheckpointIO();
        using var training = new StepCopyTraining(inner, new AsyncCheckpointOptions { CopyThreads = 1 });

        await training.Save().Durable.WaitAsync(context.CancellationToken);

        StateAssert.HaveSameValues(training.Expected, inner["a"]);
    }

    [TestMethod]
    public async Task Submit_TheStepThrows_IsWrittenAsItWas()
    {
        var inner = new InMemoryCheckpointIO();
        using var training = new StepCopyTraining(inner);
        training.Large.grad = ones(20_000);
        using (NewDisposeScope())
        {
            training.Small.grad = sparse_coo_tensor(tensor(new long[,] { { 1 } }), ones(1), [9]);
        }

        var operation = training.Save();
        Assert.ThrowsExactly<NotSupportedException>(() => training.Strategy.OptimizerStep(training.Adam));

        await operation.Durable.WaitAsync(context.CancellationToken);
        StateAssert.HaveSameValues(training.Expected, inner["a"]);
    }

    [TestMethod]
    public async Task Submit_ThroughTheTorchFormat_HasTheChecksumsOfItsBytes()
    {
        var storage = new MemoryStorage();
        using var training = new StepCopyTraining(new TorchCheckpointIO(storage));

        var operation = training.Save();
        training.Step();
        await operation.Durable.WaitAsync(context.CancellationToken);

        await training.CheckpointIO.VerifyAsync("a", context.CancellationToken);
        using var loaded = await training.CheckpointIO.LoadCheckpointAsync("a", null, context.CancellationToken);
        StateAssert.HaveSameValues(training.Expected, loaded);
    }

    [TestMethod]
    public async Task Submit_ChangedOutsideOfTheFenceBeforeTheStep_IsRefused()
    {
        var inner = new InMemoryCheckpointIO();
        using var training = new StepCopyTraining(inner);

        var operation = training.Save();
        using (no_grad())
        using (Scalar one = 1)
        {
            training.Large.fill_(one);
        }

        training.Step();

        Assert.AreEqual(CheckpointOutcome.Failed, await operation.Completion.WaitAsync(context.CancellationToken));
    }

    [TestMethod]
    public async Task BeforeParametersChange_FirstSteps_RehearseOneCopyOnce()
    {
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        using var large = nn.Parameter(zeros(20_000));
        using var medium = nn.Parameter(zeros(3_000));
        using var state = new TrainingState
        {
            ["large"] = TensorData.FromTensor(large, TensorStability.UntilOptimizerStep),
            ["medium"] = TensorData.FromTensor(medium, TensorStability.UntilOptimizerStep),
        };
        var step = new RecordingStep();
        io.Prepare(state);

        // The memory may be prepared by another thread, which is then waited for.
        Assert.IsTrue(SpinWait.SpinUntil(() => Pass() > 0, TimeSpan.FromMinutes(1)));
        var memory = io.Statistics.MemoryBytes;
        Pass();
        Pass();

        Assert.AreSequenceEqual(new long[] { 12_000 }, step.Lengths);
        var operation = io.Submit(state, "a", null);
        Pass();
        await operation.Durable.WaitAsync(context.CancellationToken);
        Assert.AreEqual(memory, io.Statistics.MemoryBytes, "The rehearsal has kept the memory of the first snapshot.");

        int Pass()
        {
            io.CopyInNextStep(step);
            io.BeforeParametersChange();
            step.Finish();
            return step.Lengths.Count;
        }
    }
}
