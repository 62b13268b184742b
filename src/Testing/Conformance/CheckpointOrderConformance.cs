namespace Fulgurite.Testing.Conformance;

/// <summary>Tests of the order of operations: part of <see cref="CheckpointIOConformance"/>.</summary>
public abstract class CheckpointOrderConformance : CheckpointContentConformance
{
    /// <summary>A missing checkpoint is reported with its path.</summary>
    [TestMethod]
    public async Task Load_WhatIsNotThere_ThrowsNotFound()
    {
        await using var io = Create(FolderOfTest);
        var exception = await Assert
            .ThrowsExactlyAsync<CheckpointNotFoundException>(() => io.LoadCheckpointAsync(At("nothing"), null, Stop))
            .ConfigureAwait(false);
        Assert.AreEqual(At("nothing"), exception.Path, StringComparer.Ordinal);
        Assert.Contains(At("nothing"), exception.Message, StringComparison.Ordinal);
        Assert.IsFalse(await io.ExistsAsync(At("nothing"), Stop).ConfigureAwait(false));
    }

    /// <summary>Removing a checkpoint deletes it; removing a missing one does nothing.</summary>
    [TestMethod]
    public async Task Remove_ThereOrNot_IsGoneAfterwards()
    {
        await using var io = Create(FolderOfTest);
        await io.RemoveCheckpointAsync(At("a"), Stop).ConfigureAwait(false);
        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        await SaveAsync(io, "b", 2).ConfigureAwait(false);
        Assert.IsTrue(await io.ExistsAsync(At("a"), Stop).ConfigureAwait(false));
        await io.RemoveCheckpointAsync(At("a"), Stop).ConfigureAwait(false);
        Assert.IsFalse(await io.ExistsAsync(At("a"), Stop).ConfigureAwait(false));
        await Assert.ThrowsExactlyAsync<CheckpointNotFoundException>(() => io.LoadCheckpointAsync(At("a"), null, Stop))
            .ConfigureAwait(false);
        Assert.AreEqual(2, await StepAsync(io, "b").ConfigureAwait(false));
    }

    /// <summary>A folder lists the saved and not removed checkpoints, without subfolders; a missing folder lists nothing.</summary>
    [TestMethod]
    public async Task ListFiles_AfterSavesAndARemoval_ListsWhatIsThere()
    {
        if (!ListsFiles)
        {
            Assert.Inconclusive("This implementation lists no folders.");
        }

        await using var io = Create(FolderOfTest);
        foreach (var name in new[] { "a", "b", "c", Path.Combine("below", "d") })
        {
            await SaveAsync(io, name, 1).ConfigureAwait(false);
        }

        await io.RemoveCheckpointAsync(At("b"), Stop).ConfigureAwait(false);
        var found = await io.ListFilesAsync(FolderOfTest, Stop).Select(entry => entry.Path).Order(StringComparer.Ordinal).ToListAsync(Stop)
            .ConfigureAwait(false);
        CollectionAssert.AreEqual(new[] { At("a"), At("c") }, found, string.Join(", ", found));
        Assert.IsFalse(await io.ListFilesAsync(Path.Combine(FolderOfTest, "none"), Stop).AnyAsync(Stop).ConfigureAwait(false));
        var entry = await io.ListAsync(FolderOfTest, name => name == "c" + Extension, Stop).SingleAsync(Stop).ConfigureAwait(false);
        Assert.IsNull(entry.Failure);
    }

    /// <summary>Operations on one path take effect in the order of their calls, awaited or not.</summary>
    [TestMethod]
    public async Task Operations_OnOnePathWithoutWaiting_HappenInOrder()
    {
        await using var io = Create(FolderOfTest);
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

    /// <summary>Threads that use different paths do not affect each other.</summary>
    [TestMethod]
    public async Task Operations_ByManyThreads_EachSeesItsOwn()
    {
        await using var io = Create(FolderOfTest);
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

    /// <summary>Loads concurrent with saves of the same path return a complete state, the older or the newer one.</summary>
    [TestMethod]
    public async Task Load_WhileBeingSavedOver_MeetsAWholeState()
    {
        await using var io = Create(FolderOfTest);
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

    /// <summary>After a flush every accepted save has ended, and further saves are accepted.</summary>
    [TestMethod]
    public async Task Flush_AfterManySaves_AllHaveEndedAndMoreCanFollow()
    {
        await using var io = Create(FolderOfTest);
        for (var round = 0; round < 3; round++)
        {
            var operations = Enumerable.Range(0, 10).Select(step => io.Submit(SampleStates.Small(step), At($"{step}"), null)).ToList();
            await io.FlushAsync(Stop).ConfigureAwait(false);
            Assert.IsTrue(operations.All(operation => operation.Outcome == CheckpointOutcome.Durable));
        }

        Assert.AreEqual(9, await StepAsync(io, "9").ConfigureAwait(false));
    }

    /// <summary>Disposing completes accepted saves; disposing again has no effect.</summary>
    [TestMethod]
    public async Task Dispose_WithSavesUnderWay_EndsThem()
    {
        var io = Create(FolderOfTest);
        var operations = Enumerable.Range(0, 10).Select(step => io.Submit(SampleStates.Small(step), At($"{step}"), null)).ToList();
        await io.DisposeAsync().ConfigureAwait(false);
        await io.DisposeAsync().ConfigureAwait(false);
        Assert.IsTrue(operations.All(operation => operation.Outcome == CheckpointOutcome.Durable));
    }

    /// <summary>The fence can be passed at any time.</summary>
    [TestMethod]
    public async Task BeforeParametersChange_WithoutSaves_DoesNothing()
    {
        await using var io = Create(FolderOfTest);
        io.BeforeParametersChange();
        io.BeforeParametersChange();
        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        io.BeforeParametersChange();
        Assert.AreEqual(1, await StepAsync(io, "a").ConfigureAwait(false));
    }
}
