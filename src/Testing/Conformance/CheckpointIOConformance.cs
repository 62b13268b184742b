using Fulgurite.IO;
using Fulgurite.State;
using Fulgurite.Testing.State;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Fulgurite.Testing.Conformance;

/// <summary>
/// The contract of <see cref="CheckpointIO"/> as tests. Derive a test class from it, mark it with <c>[TestClass]</c> and say how one is
/// made; all tests here then run against yours.
/// </summary>
/// <remarks>Every test makes one of its own, in a folder of its own, and disposes it.</remarks>
public abstract class CheckpointIOConformance
{
    private string _directory = null!;

    /// <summary>Set by the test framework.</summary>
    public TestContext TestContext { get; set; } = null!;

    /// <summary>
    /// Whether the implementation refuses storage options that it does not know. Override it for one that forwards them elsewhere. Default: true.
    /// </summary>
    protected virtual bool RefusesUnknownOptions => true;

    /// <summary>Whether what is loaded is cut into the same pieces of memory as what was saved. Default: true.</summary>
    protected virtual bool KeepsSharing => true;

    /// <summary>The end of file names. Default: <c>.ckpt</c>.</summary>
    protected virtual string Extension => ".ckpt";

    private CancellationToken Stop => TestContext.CancellationToken;

    /// <summary>Makes what is tested.</summary>
    /// <param name="directory">An empty folder that the test may use.</param>
    protected abstract CheckpointIO Create(string directory);

    /// <summary>A path where no checkpoint can be written; null if there is none. Default: below a file.</summary>
    /// <param name="directory">The folder of the test.</param>
    protected virtual string? PathThatFails(string directory)
    {
        var file = Path.Combine(directory, "file");
        File.WriteAllText(file, "in the way");
        return Path.Combine(file, "a" + Extension);
    }

    /// <summary>Makes the folder of the test.</summary>
    [TestInitialize]
    public void MakeDirectory() => _directory = Directory.CreateTempSubdirectory("fulgurite-conformance-").FullName;

    /// <summary>Removes the folder of the test.</summary>
    [TestCleanup]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    /// <summary>Everything that a state can hold comes back bit for bit, tied tensors and views still sharing memory.</summary>
    [TestMethod]
    public async Task Save_EveryKindOfValue_LoadsTheSame()
    {
        await using var io = Create(_directory);
        using var state = SampleStates.Everything(7);
        await io.SaveCheckpointAsync(state, At("a"), null, Stop).ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        Assert.IsTrue(loaded.IsCaptured);
        if (KeepsSharing)
        {
            StateAssert.AreSame(state, loaded);
        }
        else
        {
            StateAssert.HaveSameValues(state, loaded);
        }
    }

    /// <summary>A state without anything in it is a state.</summary>
    [TestMethod]
    public async Task Save_EmptyState_LoadsTheSame()
    {
        await using var io = Create(_directory);
        using var state = TrainingState.Captured(new StateMap());
        await io.SaveCheckpointAsync(state, At("a"), null, Stop).ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        Assert.IsEmpty(loaded.Root);
    }

    /// <summary>Live memory is written as it was when the save was asked for.</summary>
    [TestMethod]
    public async Task Submit_LiveMemoryChangesOnceCaptured_WritesWhatItWas()
    {
        await using var io = Create(_directory);
        using var memory = new LiveMemory(2 << 20);
        memory.As<float>().Fill(1);
        var ticket = io.Submit(SampleStates.Live(memory, 1), At("a"), null);
        io.BeforeParametersChange();
        Assert.IsTrue(ticket.Captured.IsCompleted, "The fence returned, and something may still be reading.");
        memory.As<float>().Fill(2);
        await ticket.Durable.ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        AssertAll(loaded, 1);
    }

    /// <summary>Memory that may change at any time may change as soon as the save returned.</summary>
    [TestMethod]
    public async Task Submit_VolatileMemoryChangesAtOnce_WritesWhatItWas()
    {
        await using var io = Create(_directory);
        using var memory = new LiveMemory(2 << 20);
        memory.As<float>().Fill(1);
        var state = new TrainingState { ["state_dict"] = new StateMap { ["weight"] = memory.AsTensor(stability: TensorStability.Volatile) } };
        var ticket = io.Submit(state, At("a"), null);
        memory.As<float>().Fill(2);
        state["state_dict"] = StateValue.Null;
        await ticket.Durable.ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        AssertAll(loaded, 1);
    }

    /// <summary>The ticket knows its path, its bytes and how it ended.</summary>
    [TestMethod]
    public async Task Submit_WhenDurable_TicketTells()
    {
        await using var io = Create(_directory);
        using var state = SampleStates.Everything(1);
        var options = new SaveOptions { Slot = "last" };
        var ticket = io.Submit(state, At("a"), options);
        Assert.AreEqual(CheckpointOutcome.Durable, await ticket.Completion.ConfigureAwait(false));
        Assert.AreEqual(At("a"), ticket.Path, StringComparer.Ordinal);
        Assert.IsTrue(ticket.Captured.IsCompletedSuccessfully);
        Assert.IsGreaterThan(0, ticket.ByteCount);
        Assert.IsNull(ticket.Failure);
        Assert.IsFalse(ticket.Cancel(), "What is durable cannot be taken back.");
    }

    /// <summary>A newer save replaces an older one as a whole.</summary>
    [TestMethod]
    public async Task Save_OverAnOlderOne_LoadsTheNewer()
    {
        await using var io = Create(_directory);
        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        using var large = SampleStates.Everything(2);
        await io.SaveCheckpointAsync(large, At("a"), null, Stop).ConfigureAwait(false);
        await SaveAsync(io, "a", 3).ConfigureAwait(false);
        Assert.AreEqual(3, await StepAsync(io, "a").ConfigureAwait(false));
    }

    /// <summary>What was loaded stays as it is when its file is replaced, mapped or not.</summary>
    [TestMethod]
    public async Task Save_OverOneThatIsLoaded_LeavesTheLoadedAlone()
    {
        await using var io = Create(_directory);
        using var first = SampleStates.Everything(1);
        await io.SaveCheckpointAsync(first, At("a"), null, Stop).ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        using var second = SampleStates.Everything(2);
        await io.SaveCheckpointAsync(second, At("a"), null, Stop).ConfigureAwait(false);
        await io.RemoveCheckpointAsync(At("a"), Stop).ConfigureAwait(false);
        StateAssert.HaveSameValues(first, loaded);
    }

    /// <summary>What was loaded can be saved where it came from.</summary>
    [TestMethod]
    public async Task Save_WhatWasLoadedToItsOwnPath_Works()
    {
        await using var io = Create(_directory);
        using var state = SampleStates.Everything(1);
        await io.SaveCheckpointAsync(state, At("a"), null, Stop).ConfigureAwait(false);
        using (var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false))
        {
            await io.SaveCheckpointAsync(loaded, At("a"), null, Stop).ConfigureAwait(false);
        }

        using var again = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        StateAssert.HaveSameValues(state, again);
    }

    /// <summary>Missing folders are made; spaces and letters of any script are fine.</summary>
    [TestMethod]
    public async Task Save_IntoAMissingFolderWithOddNames_Works()
    {
        await using var io = Create(_directory);
        var name = Path.Combine("neuer Ordner", "é 漢字 {x}=1,5 #%", "a b");
        await SaveAsync(io, name, 5).ConfigureAwait(false);
        Assert.AreEqual(5, await StepAsync(io, name).ConfigureAwait(false));
        Assert.IsTrue(await io.ExistsAsync(At(name), Stop).ConfigureAwait(false));
    }

    /// <summary>What is not there is said to be not there, with its path.</summary>
    [TestMethod]
    public async Task Load_WhatIsNotThere_ThrowsNotFound()
    {
        await using var io = Create(_directory);
        var exception = await Assert.ThrowsExactlyAsync<CheckpointNotFoundException>(() => io.LoadCheckpointAsync(At("nothing"), null, Stop)).ConfigureAwait(false);
        Assert.AreEqual(At("nothing"), exception.Path, StringComparer.Ordinal);
        Assert.Contains(At("nothing"), exception.Message, StringComparison.Ordinal);
        Assert.IsFalse(await io.ExistsAsync(At("nothing"), Stop).ConfigureAwait(false));
    }

    /// <summary>Removing what is not there does nothing; removing what is there removes it.</summary>
    [TestMethod]
    public async Task Remove_ThereOrNot_IsGoneAfterwards()
    {
        await using var io = Create(_directory);
        await io.RemoveCheckpointAsync(At("a"), Stop).ConfigureAwait(false);
        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        await SaveAsync(io, "b", 2).ConfigureAwait(false);
        Assert.IsTrue(await io.ExistsAsync(At("a"), Stop).ConfigureAwait(false));
        await io.RemoveCheckpointAsync(At("a"), Stop).ConfigureAwait(false);
        Assert.IsFalse(await io.ExistsAsync(At("a"), Stop).ConfigureAwait(false));
        await Assert.ThrowsExactlyAsync<CheckpointNotFoundException>(() => io.LoadCheckpointAsync(At("a"), null, Stop)).ConfigureAwait(false);
        Assert.AreEqual(2, await StepAsync(io, "b").ConfigureAwait(false));
    }

    /// <summary>Operations on one path take effect in the order in which they were asked for, whether or not anybody waited between.</summary>
    [TestMethod]
    public async Task Operations_OnOnePathWithoutWaiting_HappenInOrder()
    {
        await using var io = Create(_directory);
        io.Submit(SampleStates.Small(1), At("a"), null);
        var removing = io.RemoveCheckpointAsync(At("a"), Stop);
        var existsAfterRemove = io.ExistsAsync(At("a"), Stop);
        io.Submit(SampleStates.Small(2), At("a"), null);
        var loading = io.LoadCheckpointAsync(At("a"), null, Stop);
        var existsAfterSave = io.ExistsAsync(At("a"), Stop);
        io.Submit(SampleStates.Small(3), At("a"), null);
        var removingAgain = io.RemoveCheckpointAsync(At("a"), Stop);

        await removing.ConfigureAwait(false);
        Assert.IsFalse(await existsAfterRemove.ConfigureAwait(false));
        Assert.IsTrue(await existsAfterSave.ConfigureAwait(false));
        using (var loaded = await loading.ConfigureAwait(false))
        {
            Assert.AreEqual(2, SampleStates.StepOf(loaded));
        }

        await removingAgain.ConfigureAwait(false);
        await io.FlushAsync(Stop).ConfigureAwait(false);
        Assert.IsFalse(await io.ExistsAsync(At("a"), Stop).ConfigureAwait(false));
    }

    /// <summary>A save that cannot be done is data: the ticket tells, nothing else breaks, and the next save works.</summary>
    [TestMethod]
    public async Task Submit_ThatFails_TellsTheTicketAndSpoilsNothing()
    {
        if (PathThatFails(_directory) is not { } path)
        {
            Assert.Inconclusive("There is no path that this implementation cannot write to.");
            return;
        }

        await using var io = Create(_directory);
        await SaveAsync(io, "before", 1).ConfigureAwait(false);
        var failing = io.Submit(SampleStates.Small(2), path, null);
        var next = io.Submit(SampleStates.Small(3), At("next"), null);

        Assert.AreEqual(CheckpointOutcome.Failed, await failing.Completion.ConfigureAwait(false));
        Assert.IsTrue(failing.Captured.IsCompletedSuccessfully);
        Assert.AreEqual(path, failing.Failure!.Path, StringComparer.Ordinal);
        var exception = await Assert.ThrowsAsync<CheckpointException>(() => failing.Durable).ConfigureAwait(false);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        Assert.AreEqual(CheckpointOutcome.Durable, await next.Completion.ConfigureAwait(false));
        await io.FlushAsync(Stop).ConfigureAwait(false);
        Assert.AreEqual(1, await StepAsync(io, "before").ConfigureAwait(false));
        Assert.AreEqual(3, await StepAsync(io, "next").ConfigureAwait(false));
        await Assert.ThrowsAsync<CheckpointException>(() => io.SaveCheckpointAsync(SampleStates.Small(4), path, null, Stop)).ConfigureAwait(false);
    }

    /// <summary>Options that nobody knows are refused, and what was there stays.</summary>
    [TestMethod]
    public async Task Submit_WithUnknownOptions_FailsAndLeavesWhatWasThere()
    {
        if (!RefusesUnknownOptions)
        {
            Assert.Inconclusive("This implementation takes all options.");
        }

        await using var io = Create(_directory);
        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        var ticket = io.Submit(SampleStates.Small(2), At("a"), new SaveOptions { Storage = new UnknownStorageOptions() });
        Assert.AreEqual(CheckpointOutcome.Failed, await ticket.Completion.ConfigureAwait(false));
        Assert.Contains(nameof(UnknownStorageOptions), ticket.Failure!.Message, StringComparison.Ordinal);
        Assert.AreEqual(1, await StepAsync(io, "a").ConfigureAwait(false));
    }

    /// <summary>A token that is cancelled already stops an operation, and what was there stays.</summary>
    [TestMethod]
    public async Task Operations_WithACancelledToken_DoNothing()
    {
        await using var io = Create(_directory);
        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAsync<OperationCanceledException>(() => io.SaveCheckpointAsync(SampleStates.Small(2), At("a"), null, cancelled)).ConfigureAwait(false);
        await Assert.ThrowsAsync<OperationCanceledException>(() => io.LoadCheckpointAsync(At("a"), null, cancelled)).ConfigureAwait(false);
        await Assert.ThrowsAsync<OperationCanceledException>(() => io.RemoveCheckpointAsync(At("a"), cancelled)).ConfigureAwait(false);
        Assert.AreEqual(1, await StepAsync(io, "a").ConfigureAwait(false));
    }

    /// <summary>After a flush every accepted save has ended, and more can be saved.</summary>
    [TestMethod]
    public async Task Flush_AfterManySaves_AllHaveEndedAndMoreCanFollow()
    {
        await using var io = Create(_directory);
        for (var round = 0; round < 3; round++)
        {
            var tickets = Enumerable.Range(0, 10).Select(step => io.Submit(SampleStates.Small(step), At($"{step}"), null)).ToList();
            await io.FlushAsync(Stop).ConfigureAwait(false);
            Assert.IsTrue(tickets.All(ticket => ticket.Outcome == CheckpointOutcome.Durable));
        }

        Assert.AreEqual(9, await StepAsync(io, "9").ConfigureAwait(false));
    }

    /// <summary>Disposing ends what was accepted; disposing again is harmless.</summary>
    [TestMethod]
    public async Task Dispose_WithSavesUnderWay_EndsThem()
    {
        var io = Create(_directory);
        var tickets = Enumerable.Range(0, 10).Select(step => io.Submit(SampleStates.Small(step), At($"{step}"), null)).ToList();
        await io.DisposeAsync().ConfigureAwait(false);
        await io.DisposeAsync().ConfigureAwait(false);
        Assert.IsTrue(tickets.All(ticket => ticket.Outcome == CheckpointOutcome.Durable));
    }

    /// <summary>The fence may be passed at any time.</summary>
    [TestMethod]
    public async Task BeforeParametersChange_WithoutSaves_DoesNothing()
    {
        await using var io = Create(_directory);
        io.BeforeParametersChange();
        io.BeforeParametersChange();
        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        io.BeforeParametersChange();
        Assert.AreEqual(1, await StepAsync(io, "a").ConfigureAwait(false));
    }

    /// <summary>One state under several names is at each of them, and each has a life of its own.</summary>
    [TestMethod]
    public async Task Submit_OneStateUnderTwoNames_EachHasALifeOfItsOwn()
    {
        await using var io = Create(_directory);
        using var memory = new LiveMemory(1 << 16);
        memory.As<float>().Fill(1);
        var state = SampleStates.Live(memory, 1);
        io.Submit(state, At("best"), null);
        io.Submit(state, At("last"), new SaveOptions { Slot = "last" });
        io.BeforeParametersChange();
        await io.FlushAsync(Stop).ConfigureAwait(false);

        await SaveAsync(io, "last", 2).ConfigureAwait(false);
        Assert.AreEqual(1, await StepAsync(io, "best").ConfigureAwait(false));
        await io.RemoveCheckpointAsync(At("best"), Stop).ConfigureAwait(false);
        Assert.AreEqual(2, await StepAsync(io, "last").ConfigureAwait(false));
    }

    /// <summary>Where a second name can be made, it has a life of its own.</summary>
    [TestMethod]
    public async Task TryLink_WhereOffered_MakesANameWithALifeOfItsOwn()
    {
        await using var io = Create(_directory);
        if (io.GetCapability<ICheckpointLinks>() is not { } links)
        {
            Assert.Inconclusive("This implementation makes no links.");
            return;
        }

        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        await SaveAsync(io, "b", 2).ConfigureAwait(false);
        Assert.IsFalse(await links.TryLinkAsync(At("nothing"), At("c"), Stop).ConfigureAwait(false));
        Assert.IsFalse(await io.ExistsAsync(At("c"), Stop).ConfigureAwait(false));
        Assert.IsTrue(await links.TryLinkAsync(At("a"), At("b"), Stop).ConfigureAwait(false));
        Assert.AreEqual(1, await StepAsync(io, "b").ConfigureAwait(false));
        await SaveAsync(io, "a", 3).ConfigureAwait(false);
        Assert.AreEqual(1, await StepAsync(io, "b").ConfigureAwait(false));
        await io.RemoveCheckpointAsync(At("a"), Stop).ConfigureAwait(false);
        Assert.AreEqual(1, await StepAsync(io, "b").ConfigureAwait(false));
    }

    /// <summary>Threads that work on paths of their own do not disturb each other.</summary>
    [TestMethod]
    public async Task Operations_ByManyThreads_EachSeesItsOwn()
    {
        await using var io = Create(_directory);
        await Parallel.ForAsync(0, 8, Stop, async (thread, stop) =>
        {
            for (var round = 0; round < 5; round++)
            {
                var path = At($"thread-{thread}");
                await io.SaveCheckpointAsync(SampleStates.Small((thread * 100) + round), path, null, stop).ConfigureAwait(false);
                Assert.IsTrue(await io.ExistsAsync(path, stop).ConfigureAwait(false));
                using (var loaded = await io.LoadCheckpointAsync(path, null, stop).ConfigureAwait(false))
                {
                    Assert.AreEqual((thread * 100) + round, SampleStates.StepOf(loaded));
                }

                await io.RemoveCheckpointAsync(path, stop).ConfigureAwait(false);
                Assert.IsFalse(await io.ExistsAsync(path, stop).ConfigureAwait(false));
            }
        }).ConfigureAwait(false);
    }

    /// <summary>Loads that overlap with saves of the same path meet a whole state, the older or the newer one.</summary>
    [TestMethod]
    public async Task Load_WhileBeingSavedOver_MeetsAWholeState()
    {
        await using var io = Create(_directory);
        using (var first = SampleStates.Everything(0))
        {
            await io.SaveCheckpointAsync(first, At("a"), null, Stop).ConfigureAwait(false);
        }

        var saving = Task.Run(async () =>
        {
            for (var step = 1; step < 10; step++)
            {
                using var state = SampleStates.Everything(step);
                await io.SaveCheckpointAsync(state, At("a"), null, Stop).ConfigureAwait(false);
            }
        }, Stop);
        do
        {
            using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
            using var expected = SampleStates.Everything(SampleStates.StepOf(loaded));
            StateAssert.HaveSameValues(expected, loaded);
        }
        while (!saving.IsCompleted);
        await saving.ConfigureAwait(false);
    }

    /// <summary>Wrong arguments are said to be wrong at once.</summary>
    [TestMethod]
    public async Task Operations_WithoutStateOrPath_ThrowArgumentException()
    {
        await using var io = Create(_directory);
        Assert.Throws<ArgumentException>(() => io.Submit(null!, At("a"), null));
        Assert.Throws<ArgumentException>(() => io.Submit(SampleStates.Small(1), "", null));
        await Assert.ThrowsAsync<ArgumentException>(() => io.SaveCheckpointAsync(null!, At("a"), null, Stop)).ConfigureAwait(false);
        await Assert.ThrowsAsync<ArgumentException>(() => io.LoadCheckpointAsync("", null, Stop)).ConfigureAwait(false);
        await Assert.ThrowsAsync<ArgumentException>(() => io.RemoveCheckpointAsync("", Stop)).ConfigureAwait(false);
    }

    /// <summary>Nothing is left beside a checkpoint: no temporary file, no lock.</summary>
    [TestMethod]
    public async Task Save_WhenDone_LeavesNothingBesideIt()
    {
        await using (var io = Create(_directory))
        {
            await SaveAsync(io, "a", 1).ConfigureAwait(false);
            await SaveAsync(io, "a", 2).ConfigureAwait(false);
            await SaveAsync(io, "b", 3).ConfigureAwait(false);
            await io.RemoveCheckpointAsync(At("b"), Stop).ConfigureAwait(false);
        }

        var left = Directory.EnumerateFileSystemEntries(_directory, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_directory, path)).ToList();
        Assert.IsTrue(left.TrueForAll(path => path.StartsWith("a" + Extension, StringComparison.Ordinal)), $"Left over: {string.Join(", ", left)}");
    }

    private static void AssertAll(TrainingState state, float expected)
    {
        var tensor = state.Find("state_dict.weight")!.AsTensor();
        var values = new float[tensor.ElementCount];
        tensor.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        Assert.IsTrue(values.All(value => value == expected), "The checkpoint holds elements from after it was captured.");
    }

    private string At(string name) => Path.Combine(_directory, name + Extension);

    private async Task SaveAsync(CheckpointIO io, string name, int step)
    {
        using var state = SampleStates.Small(step);
        await io.SaveCheckpointAsync(state, At(name), null, Stop).ConfigureAwait(false);
    }

    private async Task<int> StepAsync(CheckpointIO io, string name)
    {
        using var loaded = await io.LoadCheckpointAsync(At(name), null, Stop).ConfigureAwait(false);
        return SampleStates.StepOf(loaded);
    }
}
