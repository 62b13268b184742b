using static TorchSharp.torch;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>Captures of recorded rows that go on while steps change the rows, against copies made at once.</summary>
[TestClass]
[DoNotParallelize]
public sealed class RowStepTests(TestContext context)
{
    [TestMethod]
    [Timeout(300_000)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Copy_OtherThreadsWhileStepsChangeRows_IsTheStateAtItsBegin(int seed)
    {
        const int Rounds = 60;
        var random = new Random(seed);
        using var training = new RowTraining();
        using var captures = new RowCaptures(training);
        var (compared, overlapped) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            using var capture = captures.Begin(random.Next(2));
            using var stepped = new ManualResetEventSlim();
            var threads = Array.ConvertAll(new Thread[random.Next(1, 3)], _ => new Thread(() =>
            {
                // Half of the rows during the first step, the others from its end on.
                if (capture.Job.TryEnter())
                {
                    for (var chunk = 0; chunk < capture.Rows.ChunkCount / 2; chunk++)
                    {
                        capture.Rows.Copy(chunk);
                    }

                    capture.Job.Leave();
                }

                stepped.Wait();
                capture.Job.Work();
            }));
            Array.ForEach(threads, static thread => thread.Start());
            for (var step = random.Next(1, 5); step > 0; step--)
            {
                training.Step(random);
                overlapped += capture.Job.IsCompleted ? 0 : 1;
                stepped.Set();
            }

            if (random.Next(4) == 0)
            {
                // The memory keeps what it got, for the next capture.
                capture.Job.AbortThen(static () => { });
                Array.ForEach(threads, static thread => thread.Join());
                continue;
            }

            Array.ForEach(threads, static thread => thread.Join());
            capture.AssertIsTheState($"round {round}");
            compared++;
        }

        Assert.IsGreaterThan(20, compared);
        Assert.IsGreaterThanOrEqualTo(Rounds, overlapped);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    public void Copy_ChunksBetweenSteps_IsTheStateAtItsBegin(int seed)
    {
        var random = new Random(seed);
        using var training = new RowTraining();
        using var captures = new RowCaptures(training);
        for (var round = 0; round < 12; round++)
        {
            using var capture = captures.Begin(random.Next(2));
            for (var turn = random.Next(8); turn > 0; turn--)
            {
                for (var chunks = random.Next(4); chunks > 0; chunks--)
                {
                    capture.Rows.Copy(random.Next(capture.Rows.ChunkCount));
                }

                training.Step(random);
            }

            capture.Job.Work();
            Assert.IsTrue(capture.Job.IsCompleted);
            capture.AssertIsTheState($"round {round}");
        }
    }

    [TestMethod]
    [Timeout(300_000)]
    [DataRow(1, 0)]
    [DataRow(2, 2)]
    [DataRow(3, 1)]
    public async Task Submit_StepsWhileItIsSaved_SavesTheStateAtTheCall(int seed, int copyThreads)
    {
        var random = new Random(seed);
        var storage = new MemoryStorage();
        using var training = new RowTraining();
        using var other = new RowTraining();
        using var strategy = new SingleDeviceStrategy(new AsyncCheckpointIO(
            new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = 5 }, storage),
            new AsyncCheckpointOptions { CopyThreads = copyThreads }));
        for (var round = 0; round < 40; round++)
        {
            using var state = training.State();
            using var more = other.State();
            foreach (var (key, value) in more.Root)
            {
                state[$"other_{key}"] = value;
            }

            var path = $"run/{random.Next(2)}";
            var file = Embeddings.FullFileOf(state);
            var operation = strategy.SaveCheckpoint(state, path, new SaveOptions { Slot = random.Next(2) == 0 ? path : null });
            for (var step = random.Next(5); step > 0; step--)
            {
                var stepped = random.Next(3) == 0 ? other : training;
                if (random.Next(10) == 0)
                {
                    strategy.CheckpointIO.BeforeParametersChange();
                    stepped.Zero();
                }

                stepped.SetRandomGradient(random);
                strategy.OptimizerStep(stepped.Optimizer);
            }

            if (random.Next(2) == 0)
            {
                Assert.AreEqual(
                    CheckpointOutcome.Durable, await operation.Completion.WaitAsync(context.CancellationToken), operation.Failure?.Message);
                Assert.IsTrue(file.AsSpan().SequenceEqual(Embeddings.Assemble(storage, path)), $"round {round}");
            }
        }

        await strategy.CheckpointIO.FlushAsync(context.CancellationToken);
        Assert.AreEqual(0, ((AsyncCheckpointIO)strategy.CheckpointIO).Statistics.Failed);
    }

    [TestMethod]
    [Timeout(60_000)]
    [DataRow(false)]
    [DataRow(true)]
    public void Step_RowThatAnotherThreadCopies_WaitsForItAndKeepsTheJobFromEnding(bool isDense)
    {
        const int Row = 17;
        using var training = new RowTraining();
        using var captures = new RowCaptures(training);
        using var capture = captures.Begin(0);
        capture.Claim(Row);
        training.SetGradient(3, Row, isDense);
        var thread = new Thread(() => training.Optimizer.step()) { IsBackground = true };
        thread.Start();
        capture.WaitForARow(3);

        capture.Job.Work();

        try
        {
            // If it had ended, its memory could be freed before the step copies the row to it.
            Assert.IsFalse(capture.Job.IsCompleted);
        }
        finally
        {
            capture.CopyClaimed(Row);
            thread.Join();
        }

        Assert.IsTrue(capture.Job.IsCompleted);
        capture.AssertIsTheState();
    }

    [TestMethod]
    public void Begin_AfterAnAbortedFirstCopy_ContinuesIt()
    {
        using var training = new RowTraining();
        using var captures = new RowCaptures(training);
        var first = captures.Begin(0);
        for (var chunk = 0; chunk < first.Rows.ChunkCount - 1; chunk++)
        {
            first.Rows.Copy(chunk);
        }

        var copied = first.Rows.CopiedBytes;
        first.Dispose();
        using var second = captures.Begin(0);
        second.Job.Work();

        Assert.AreEqual(captures.Plan.RowBytes - copied, second.Rows.CopiedBytes);
        second.AssertIsTheState();
    }

    [TestMethod]
    public void Copy_AnotherOptimizerWithMoreSparseDimensions_IsTheStateAtItsBegin()
    {
        using var training = new RowTraining();
        using var captures = new RowCaptures(training);
        using var capture = captures.Begin(0);
        using var other = new FusedSgd([training.Embedding], 0.1);
        using var places = tensor(new long[] { 5, 7 }).reshape(2, 1);
        training.Embedding.grad = sparse_coo_tensor(places, ones(1), [RowTraining.Rows, RowTraining.Width]);

        other.step();

        capture.Job.Work();
        capture.AssertIsTheState();
    }

    [TestMethod]
    public void Copy_DenseStepOfAnotherOptimizer_IsTheStateAtItsBegin()
    {
        using var training = new RowTraining();
        using var captures = new RowCaptures(training);
        using var capture = captures.Begin(0);
        using var other = new FusedSgd([training.Embedding], 0.1);
        training.SetGradient(5, 7, isDense: true);

        other.step();

        capture.Job.Work();
        capture.AssertIsTheState();
    }

    [TestMethod]
    public void Work_RowChangedOutsideOfTheFence_FindsIt()
    {
        using var training = new RowTraining();
        using var captures = new RowCaptures(training);
        using var capture = captures.Begin(0);
        training.AddToARow();

        capture.Job.Work();

        Assert.IsNotNull(capture.Rows.Differing);
    }

    [TestMethod]
    [Timeout(60_000)]
    public void WorkUntilFence_AbortedJob_DoesNotWait()
    {
        using var training = new RowTraining();
        using var captures = new RowCaptures(training);
        using var source = new ArenaBlock(4 << 20, hugePages: false);
        using var target = new ArenaBlock(4 << 20, hugePages: false);
        var list = new CopyList([new CopyPart(source.Address, 0, 4 << 20, HasChecksum: true)]);
        var isFenced = false;
        var job = new CopyJob(
            new CopyTarget(list, target.Address), rows: captures.Begin(0).Rows, fenced: _ => isFenced = true);
        job.AbortThen(static () => { });
        var thread = new Thread(job.WorkUntilFence) { IsBackground = true };
        thread.Start();

        thread.Join();

        Assert.IsFalse(isFenced);
    }
}
