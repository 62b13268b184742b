namespace Fulgurite.Testing.Conformance;

/// <summary>
/// Tests of the contract of <see cref="CheckpointIO"/>. Derive a test class, mark it with <c>[TestClass]</c> and create your implementation
/// in <see cref="CheckpointIOFixture.Create"/>; it inherits all tests.
/// </summary>
/// <remarks>Every test creates and disposes its own instance, in its own folder.</remarks>
public abstract class CheckpointIOConformance : CheckpointOrderConformance
{
    /// <summary>An operation has the path, the size and the result of its save.</summary>
    [TestMethod]
    public async Task Submit_WhenDurable_TicketTells()
    {
        await using var io = Create(FolderOfTest);
        using var state = SampleStates.Everything(1);
        var options = new SaveOptions { Slot = "last" };
        var operation = io.Submit(state, At("a"), options);
        Assert.AreEqual(CheckpointOutcome.Durable, await operation.Completion.ConfigureAwait(false));
        Assert.AreEqual(At("a"), operation.Path, StringComparer.Ordinal);
        Assert.IsTrue(operation.Captured.IsCompletedSuccessfully);
        Assert.IsGreaterThan(0, operation.ByteCount);
        Assert.IsNull(operation.Failure);
        Assert.IsFalse(operation.Cancel(), "A durable save must not be cancelled.");
    }

    /// <summary>A failed save is reported by its operation and has no other effect; the next save succeeds.</summary>
    [TestMethod]
    public async Task Submit_ThatFails_TellsTheTicketAndSpoilsNothing()
    {
        if (PathThatFails(FolderOfTest) is not { } path)
        {
            Assert.Inconclusive("This implementation can write to every path.");
            return;
        }

        await using var io = Create(FolderOfTest);
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
        await Assert.ThrowsAsync<CheckpointException>(() => io.SaveCheckpointAsync(SampleStates.Small(4), path, null, Stop))
            .ConfigureAwait(false);
    }

    /// <summary>
    /// A disposed implementation still reads, and may be disposed again; a save succeeds or throws <see cref="ObjectDisposedException"/>.
    /// </summary>
    [TestMethod]
    public async Task DisposeAsync_Twice_StillReads()
    {
        var io = Create(FolderOfTest);
        await SaveAsync(io, "before", 1).ConfigureAwait(false);
        await io.DisposeAsync().ConfigureAwait(false);
        await io.DisposeAsync().ConfigureAwait(false);

        Assert.AreEqual(1, await StepAsync(io, "before").ConfigureAwait(false));
        var isSaved = true;
        try
        {
            await SaveAsync(io, "after", 2).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            isSaved = false;
        }

        Assert.AreEqual(isSaved, await io.ExistsAsync(At("after"), Stop).ConfigureAwait(false));
    }

    /// <summary>Unknown options are refused; the previous checkpoint is intact.</summary>
    [TestMethod]
    public async Task Submit_WithUnknownOptions_FailsAndLeavesWhatWasThere()
    {
        if (!RefusesUnknownOptions)
        {
            Assert.Inconclusive("This implementation accepts all options.");
        }

        await using var io = Create(FolderOfTest);
        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        var operation = io.Submit(SampleStates.Small(2), At("a"), new SaveOptions { Storage = new UnknownStorageOptions() });
        Assert.AreEqual(CheckpointOutcome.Failed, await operation.Completion.ConfigureAwait(false));
        Assert.Contains(nameof(UnknownStorageOptions), operation.Failure!.Message, StringComparison.Ordinal);
        Assert.AreEqual(1, await StepAsync(io, "a").ConfigureAwait(false));
    }

    /// <summary>A token that is already cancelled stops an operation; the previous checkpoint is intact.</summary>
    [TestMethod]
    public async Task Operations_WithACancelledToken_DoNothing()
    {
        await using var io = Create(FolderOfTest);
        await SaveAsync(io, "a", 1).ConfigureAwait(false);
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAsync<OperationCanceledException>(() => io.SaveCheckpointAsync(SampleStates.Small(2), At("a"), null, cancelled))
            .ConfigureAwait(false);
        await Assert.ThrowsAsync<OperationCanceledException>(() => io.LoadCheckpointAsync(At("a"), null, cancelled)).ConfigureAwait(false);
        await Assert.ThrowsAsync<OperationCanceledException>(() => io.RemoveCheckpointAsync(At("a"), cancelled)).ConfigureAwait(false);
        Assert.AreEqual(1, await StepAsync(io, "a").ConfigureAwait(false));
    }

    /// <summary>Invalid arguments are rejected immediately.</summary>
    [TestMethod]
    public async Task Operations_WithoutStateOrPath_ThrowArgumentException()
    {
        await using var io = Create(FolderOfTest);
        Assert.Throws<ArgumentException>(() => io.Submit(null!, At("a"), null));
        Assert.Throws<ArgumentException>(() => io.Submit(SampleStates.Small(1), "", null));
        await Assert.ThrowsAsync<ArgumentException>(() => io.SaveCheckpointAsync(null!, At("a"), null, Stop)).ConfigureAwait(false);
        await Assert.ThrowsAsync<ArgumentException>(() => io.LoadCheckpointAsync("", null, Stop)).ConfigureAwait(false);
        await Assert.ThrowsAsync<ArgumentException>(() => io.RemoveCheckpointAsync("", Stop)).ConfigureAwait(false);
    }
}
