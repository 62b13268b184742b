using System.Diagnostics;

namespace Fulgurite.Tests.IO.Async;

/// <summary>
/// Small scenarios of saves, removals and withdrawals in every order of the steps of their threads, a bounded number of preemptions by
/// default, and all of them with FULGURITE_SLOW=1.
/// </summary>
[TestClass]
public sealed class WriterInterleavingTests(TestContext context)
{
    private static readonly SaveOptions Last = new() { Slot = "last", IsResumePoint = true };

    private static bool IsSlow => Environment.GetEnvironmentVariable("FULGURITE_SLOW") == "1";

    [TestMethod]
    public void SavesOfOneSlot_InAnyOrder_LeaveTheNewest() =>
        Explore(2, new(), 1, [Save("last", Last), Save("last", Last), Save("last", Last)]);

    [TestMethod]
    public void SavesOfOnePathWithoutSlot_InAnyOrder_KeepTheirOrder() =>
        Explore(2, new(), 1, [Save("a"), Save("a"), Remove("a")]);

    [TestMethod]
    public void SaveRemovedAndSavedAgain_InAnyOrder_IsThere() =>
        Explore(2, new(), 1, [Save("a"), Remove("a"), Save("a"), Save("b")]);

    [TestMethod]
    public void ResumePointAmongMilestones_InAnyOrder_WaitsForAtMostTwoWrites() =>
        Explore(2, new(), 0, [Save("a"), Save("b"), Save("last", Last), Save("c"), Save("last", Last), Save("d")]);

    [TestMethod]
    public void FlushAmongSaves_InAnyOrder_Ends() =>
        Explore(2, new(), 1, [Save("a"), Save("last", Last), run => run.Flush(), Save("last", Last)]);

    [TestMethod]
    public void Cancel_AtAnyTime_EndsTheSaveOnce() =>
        Explore(
            2, new(), 0, [Save("a"), Save("last", Last), Save("last", Last)],
            [EndSave(0, static save => save.Cancel()), EndSave(1, static save => save.Cancel())]);

    [TestMethod]
    public void Withdraw_AtAnyTime_EndsTheSaveOnce() =>
        Explore(
            2, new(), 0, [Save("a"), Save("a"), Save("last", Last)],
            [EndSave(1, static save => save.Withdraw()), EndSave(2, static save => save.Withdraw())]);

    [TestMethod]
    public void ResumePointsFirst_AtAnyTime_LosesNothing() =>
        Explore(2, new(), 1, [Save("a"), Save("b"), Save("last", Last)], [static run => run.Io.WriteResumePointsFirst()]);

    [TestMethod]
    public void MilestonesBeyondTheLimit_InAnyOrder_WaitAndAreWritten() =>
        Explore(2, new() { MaxWaitingMilestones = 1 }, 1, [Save("a"), Save("b"), Save("c")]);

    [TestMethod]
    public void MemoryForOneState_InAnyOrder_IsNotExceeded() =>
        Explore(
            2,
            new() { MemoryBudget = 1, Overlap = false },
            1,
            [SaveLive("a"), SaveLive("last", Last), SaveLive("last", Last), SaveLive("b")],
            memory: Fulgurite.IO.ArenaBlock.RoundUp(64));

    private static Action<WriterRun> Save(string path, SaveOptions? options = null) => run => run.Save(path, options);

    private static Action<WriterRun> SaveLive(string path, SaveOptions? options = null) => run => run.Save(path, options, isLive: true);

    private static Action<WriterRun> Remove(string path) => run => run.Remove(path);

    private static Action<WriterRun> EndSave(int index, Func<SaveOperation, bool> end) => run =>
    {
        if (index < run.Saves.Count)
        {
            end(run.Saves[index]);
        }
    };

    private void Explore(int preemptions, AsyncCheckpointOptions options, int faults, params Action<WriterRun>[][] callers) =>
        Explore(preemptions, options, faults, long.MaxValue, callers);

    private void Explore(int preemptions, AsyncCheckpointOptions options, int faults, Action<WriterRun>[] caller, long memory) =>
        Explore(preemptions, options, faults, memory, caller);

    private void Explore(int preemptions, AsyncCheckpointOptions options, int faults, long memory, params Action<WriterRun>[][] callers)
    {
        options.CopyThreads = 1;
        options.HugePages = false;
        var interleavings = new Interleavings(IsSlow ? int.MaxValue : preemptions);
        var watch = Stopwatch.StartNew();
        var runs = 0;
        while (interleavings.MoveNext() && (!IsSlow || watch.Elapsed < TimeSpan.FromSeconds(50)))
        {
            runs++;
            using var run = new WriterRun(interleavings, options, faults);
            try
            {
                run.Run(callers);
                run.Drain();
                Check(run, memory);
            }
            catch (AssertFailedException exception)
            {
                var ended = $"Writes: {string.Join(", ", run.Writes)}. Saves: {string.Join(", ", run.Saves)}.";
                throw new AssertFailedException($"{exception.Message} In run {runs}: {interleavings.Path}. {ended}", exception);
            }
        }

        context.WriteLine($"{runs} runs in {watch.Elapsed.TotalSeconds:F1} s");
        Assert.IsGreaterThan(10, runs);
    }

    private static void Check(WriterRun run, long memory)
    {
        var statistics = run.Io.Statistics;
        Assert.AreEqual(
            run.Saves.Count, statistics.Durable + statistics.Failed + statistics.Superseded + statistics.Cancelled, "Each save ends once.");
        Assert.IsLessThanOrEqualTo(
            2, run.MaxOthersBeforeResumePoint, "The resume point waits for one write that was taken, and for one more.");
        Assert.IsLessThanOrEqualTo(memory, run.MaxMemory, "memory");
        Assert.AreEqual(0, run.Io.Statistics.MemoryBytes, "Memory after the end.");

        var steps = run.Asked.Index().Where(asked => asked.Item.Step is not null).Select(asked => asked.Index).ToArray();
        foreach (var (save, step) in run.Saves.Zip(steps))
        {
            var writes = run.Writes.Where(write => write.Step == step).ToArray();
            Assert.IsLessThan(2, writes.Length, $"Step {step} was written twice.");
            var wanted = writes.Length == 1 ? writes[0].Outcome : save.Outcome;
            Assert.AreEqual(wanted, save.Outcome, $"Step {step}.");
            Assert.AreEqual(
                wanted == CheckpointOutcome.Failed ? $"step {step}" : null, save.Failure?.InnerException?.Message,
                "The failure is reported.");
            if (writes.Length == 0)
            {
                Assert.IsTrue(
                    save.Outcome is CheckpointOutcome.Superseded or CheckpointOutcome.Cancelled,
                    $"Step {step} was not written and is {save.Outcome}.");
            }

            var hasNewer = run.Saves.Zip(steps).Any(other => other.Second > step && other.First.Options.Slot == save.Options.Slot);
            Assert.IsFalse(save.Outcome == CheckpointOutcome.Superseded && !hasNewer, $"Nothing newer supersedes step {step}.");
        }

        foreach (var path in run.Asked.Select(asked => asked.Path).Distinct())
        {
            var order = run.Writes.Where(write => write.Path == path).Select(write => write.Step).ToList();
            var asked = run.Asked.Where(asked => asked.Path == path && (asked.Step is null || order.Contains(asked.Step)))
                .Select(asked => asked.Step)
                .ToList();
            Assert.AreSequenceEqual(asked, order, $"The order of '{path}'.");
        }
    }
}
