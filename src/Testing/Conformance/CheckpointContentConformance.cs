using Fulgurite.State;

namespace Fulgurite.Testing.Conformance;

/// <summary>Tests of the content of checkpoints: part of <see cref="CheckpointIOConformance"/>.</summary>
public abstract class CheckpointContentConformance : CheckpointIOFixture
{
    /// <summary>All kinds of values are restored bit for bit; tied tensors and views still share memory.</summary>
    [TestMethod]
    public async Task Save_EveryKindOfValue_LoadsTheSame()
    {
        await using var io = Create(FolderOfTest);
        using var state = SampleStates.Everything(7);
        await io.SaveCheckpointAsync(state, At("a"), null, Stop).ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        Assert.IsTrue(loaded.IsCaptured);
        AssertLoaded(state, loaded);
    }

    /// <summary>An empty state can be saved.</summary>
    [TestMethod]
    public async Task Save_EmptyState_LoadsTheSame()
    {
        await using var io = Create(FolderOfTest);
        using var state = TrainingState.Captured(new StateMap());
        await io.SaveCheckpointAsync(state, At("a"), null, Stop).ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        Assert.IsEmpty(loaded.Root);
    }

    /// <summary>Live memory is saved as it was at the call of the save.</summary>
    [TestMethod]
    public async Task Submit_LiveMemoryChangesOnceCaptured_WritesWhatItWas()
    {
        await using var io = Create(FolderOfTest);
        using var memory = new LiveMemory(2 << 20);
        memory.As<float>().Fill(1);
        var operation = io.Submit(SampleStates.Live(memory, 1), At("a"), null);
        io.BeforeParametersChange();
        Assert.IsTrue(operation.Captured.IsCompleted, "The fence returned while the state may still be read.");
        memory.As<float>().Fill(2);
        await operation.Durable.ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        AssertAll(loaded, 1);
    }

    /// <summary>Memory that may change at any time may change as soon as a save returns.</summary>
    [TestMethod]
    public async Task Submit_VolatileMemoryChangesAtOnce_WritesWhatItWas()
    {
        await using var io = Create(FolderOfTest);
        using var memory = new LiveMemory(2 << 20);
        memory.As<float>().Fill(1);
        var state = new TrainingState
        {
            ["state_dict"] = new StateMap { ["weight"] = memory.AsTensor(stability: TensorStability.Volatile) },
        };
        var operation = io.Submit(state, At("a"), null);
        memory.As<float>().Fill(2);
        state["state_dict"] = StateValue.Null;
        await operation.Durable.ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        AssertAll(loaded, 1);
    }

    /// <summary>A newer save replaces an older one completely.</summary>
    [TestMethod]
    public async Task Save_OverAnOlderOne_LoadsTheNewer()
    {
        await using var io = Create(FolderOfTest);
        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        using var large = SampleStates.Everything(2);
        await io.SaveCheckpointAsync(large, At("a"), null, Stop).ConfigureAwait(false);
        await SaveAsync(io, "a", 3).ConfigureAwait(false);
        Assert.AreEqual(3, await StepAsync(io, "a").ConfigureAwait(false));
    }

    /// <summary>A loaded state does not change when its file is replaced, mapped or not.</summary>
    [TestMethod]
    public async Task Save_OverOneThatIsLoaded_LeavesTheLoadedAlone()
    {
        await using var io = Create(FolderOfTest);
        using var first = SampleStates.Everything(1);
        await io.SaveCheckpointAsync(first, At("a"), null, Stop).ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        using var second = SampleStates.Everything(2);
        await io.SaveCheckpointAsync(second, At("a"), null, Stop).ConfigureAwait(false);
        await io.RemoveCheckpointAsync(At("a"), Stop).ConfigureAwait(false);
        StateAssert.HaveSameValues(first, loaded);
    }

    /// <summary>A loaded state can be saved to its own path.</summary>
    [TestMethod]
    public async Task Save_WhatWasLoadedToItsOwnPath_Works()
    {
        await using var io = Create(FolderOfTest);
        using var state = SampleStates.Everything(1);
        await io.SaveCheckpointAsync(state, At("a"), null, Stop).ConfigureAwait(false);
        using (var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false))
        {
            await io.SaveCheckpointAsync(loaded, At("a"), null, Stop).ConfigureAwait(false);
        }

        using var again = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        StateAssert.HaveSameValues(state, again);
    }

    /// <summary>Missing folders are created; spaces and letters of any script are supported.</summary>
    [TestMethod]
    public async Task Save_IntoAMissingFolderWithOddNames_Works()
    {
        await using var io = Create(FolderOfTest);
        var name = Path.Combine("neuer Ordner", "é 漢字 {x}=1,5 #%", "a b");
        await SaveAsync(io, name, 5).ConfigureAwait(false);
        Assert.AreEqual(5, await StepAsync(io, name).ConfigureAwait(false));
        Assert.IsTrue(await io.ExistsAsync(At(name), Stop).ConfigureAwait(false));
    }

    /// <summary>A state saved under several names is available at each, and the checkpoints are independent.</summary>
    [TestMethod]
    public async Task Submit_OneStateUnderTwoNames_EachHasALifeOfItsOwn()
    {
        await using var io = Create(FolderOfTest);
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

    /// <summary>A link to a checkpoint, if supported, is independent of it.</summary>
    [TestMethod]
    public async Task TryLink_WhereOffered_MakesANameWithALifeOfItsOwn()
    {
        await using var io = Create(FolderOfTest);
        if (io.GetCapability<ICheckpointFiles>() is not { } links)
        {
            Assert.Inconclusive("This implementation does not support links.");
            return;
        }

        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        await SaveAsync(io, "b", 2).ConfigureAwait(false);
        Assert.IsFalse(await links.TryLinkAsync(At("nothing"), At("c"), Stop).ConfigureAwait(false));
        Assert.IsFalse(await io.ExistsAsync(At("c"), Stop).ConfigureAwait(false));
        if (!await links.TryLinkAsync(At("a"), At("b"), Stop).ConfigureAwait(false))
        {
            Assert.AreEqual(2, await StepAsync(io, "b").ConfigureAwait(false));
            Assert.Inconclusive("This implementation makes no links.");
        }

        Assert.AreEqual(1, await StepAsync(io, "b").ConfigureAwait(false));
        await SaveAsync(io, "a", 3).ConfigureAwait(false);
        Assert.AreEqual(1, await StepAsync(io, "b").ConfigureAwait(false));
        await io.RemoveCheckpointAsync(At("a"), Stop).ConfigureAwait(false);
        Assert.AreEqual(1, await StepAsync(io, "b").ConfigureAwait(false));
    }

    /// <summary>No temporary files or locks remain beside a checkpoint.</summary>
    [TestMethod]
    public async Task Save_WhenDone_LeavesNothingBesideIt()
    {
        await using (var io = Create(FolderOfTest))
        {
            await SaveAsync(io, "a", 1).ConfigureAwait(false);
            await SaveAsync(io, "a", 2).ConfigureAwait(false);
            await SaveAsync(io, "b", 3).ConfigureAwait(false);
            await io.RemoveCheckpointAsync(At("b"), Stop).ConfigureAwait(false);
        }

        var left = Directory.EnumerateFiles(FolderOfTest, "*", SearchOption.AllDirectories).Select(
            path => Path.GetRelativePath(FolderOfTest, path)).ToList();
        Assert.IsTrue(
            left.TrueForAll(path => path.StartsWith("a" + Extension, StringComparison.Ordinal)), $"Left over: {string.Join(", ", left)}");
    }

    private static void AssertAll(TrainingState state, float expected)
    {
        var tensor = state.Find("state_dict.weight")!.AsTensor();
        var values = new float[tensor.ElementCount];
        tensor.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        Assert.IsTrue(values.All(value => value == expected), "The checkpoint contains elements changed after its capture.");
    }
}
