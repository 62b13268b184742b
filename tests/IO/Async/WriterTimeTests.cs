using System.Diagnostics;

namespace Fulgurite.Tests.IO.Async;

/// <summary>The processor time of the threads that write.</summary>
[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed class WriterTimeTests
{
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(20);

    [TestMethod]
    public void Run_OnThreeThreads_AddsTheTimeOfAll()
    {
        var before = ThreadTime.Total;

        ParallelThreads.Run(3, Compute, () => { });

        Assert.IsGreaterThanOrEqualTo(3 * Work.Ticks, ThreadTime.Total - before);
    }

    [TestMethod]
    public async Task Save_WriterThatComputes_ReportsItsTimeInOperationAndStatistics()
    {
        var inner = new FlakyCheckpointIO(new InMemoryCheckpointIO(), (path, _) =>
        {
            Compute();
            return path == "fails" ? new IOException("full") : null;
        });
        await using var io = new AsyncCheckpointIO(inner);
        using var memory = new LiveMemory(1 << 20);

        var durable = io.Submit(SampleStates.Live(memory, 1), "a", null);
        io.BeforeParametersChange();
        var failed = io.Submit(SampleStates.Live(memory, 2), "fails", null);
        await io.FlushAsync(CancellationToken.None);

        Assert.IsGreaterThanOrEqualTo(Work, durable.ProcessorTime);
        Assert.IsGreaterThanOrEqualTo(Work, failed.ProcessorTime, "a failed write costs as much");
        Assert.AreEqual(durable.ProcessorTime + failed.ProcessorTime, io.Statistics.WriterProcessorTime);
    }

    [TestMethod]
    public void Submit_SynchronousImplementation_ReportsNone()
    {
        var operation = new InMemoryCheckpointIO().Submit(new TrainingState { ["global_step"] = 1 }, "a", null);

        Assert.AreEqual(TimeSpan.Zero, operation.ProcessorTime);
    }

    /// <summary>Computes until the calling thread has used so much of a processor, whoever else uses it.</summary>
    private static void Compute()
    {
        var end = ThreadTime.Own + Work.Ticks;
        while (ThreadTime.Own < end)
        {
            Debug.Assert(end > 0, "the clock runs");
        }
    }
}
