using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Testing.Conformance;

/// <summary>
/// Tests of the contract of asynchronous saving. Derive a test class, mark it with <c>[TestClass]</c> and override
/// <see cref="AsyncDefectConformance.Wrap"/> to test an asynchronous implementation of your own, or
/// <see cref="AsyncDefectConformance.CreateBase"/> to test an implementation behind an asynchronous one.
/// </summary>
/// <remarks>Use it in addition to <see cref="CheckpointIOConformance"/>, which applies to all implementations.</remarks>
public abstract class AsyncCheckpointIOConformance : AsyncDefectConformance
{
    /// <summary>A save returns while the storage is still working, and its operation is pending.</summary>
    [TestMethod]
    public async Task Submit_WhileStorageWorks_ReturnsAndIsPending()
    {
        var gate = new GatedCheckpointIO(CreateBase(FolderOfTest));
        await using var io = Wrap(gate);
        var first = io.Submit(SampleStates.Small(1), At("a"), null);
        var second = io.Submit(SampleStates.Small(2), At("b"), null);
        Assert.AreEqual(CheckpointOutcome.Pending, first.Outcome);
        Assert.AreEqual(CheckpointOutcome.Pending, second.Outcome);
        gate.Open();
        await io.FlushAsync(Stop).ConfigureAwait(false);
        Assert.AreEqual(CheckpointOutcome.Durable, first.Outcome);
        Assert.AreEqual(CheckpointOutcome.Durable, second.Outcome);
    }

    /// <summary>The file is identical to that of a synchronous save.</summary>
    [TestMethod]
    public async Task Submit_AnyState_WritesWhatASynchronousSaveWrites()
    {
        var store = CreateBase(FolderOfTest);
        await using var io = Wrap(store);
        using var memory = new LiveMemory(2 << 20);
        memory.As<float>().Fill(7);
        var state = SampleStates.Live(memory, 1);
        state["buffer"] = memory.AsTensor(3, 500, stability: TensorStability.Volatile);
        state["frozen"] = TensorData.FromValues<long>([1, 2, 3], ScalarType.Int64, 3);
        await store.SaveCheckpointAsync(state, At("synchronous"), null, Stop).ConfigureAwait(false);
        await io.Submit(state, At("asynchronous"), null).Durable.ConfigureAwait(false);
        if (File.Exists(At("synchronous")) && KeepsSharing)
        {
            var expected = await File.ReadAllBytesAsync(At("synchronous"), Stop).ConfigureAwait(false);
            var found = await File.ReadAllBytesAsync(At("asynchronous"), Stop).ConfigureAwait(false);
            Assert.IsTrue(expected.AsSpan().SequenceEqual(found), "The files differ.");
        }

        using var loaded = await io.LoadCheckpointAsync(At("asynchronous"), null, Stop).ConfigureAwait(false);
        StateAssert.HaveSameValues(state, loaded);
    }

    /// <summary>
    /// The fence returns after saves that failed, were cancelled or could not be captured, and the next save is complete.
    /// </summary>
    [TestMethod]
    public async Task Fence_AfterEveryKindOfFailure_ReturnsAndTheNextSaveIsWhole()
    {
        using var memory = new LiveMemory(4 << 20);
        var gate = new GatedCheckpointIO(
            new FlakyCheckpointIO(CreateBase(FolderOfTest), (_, save) => save == 1 ? new IOException("full") : null));
        await using var io = Wrap(gate);
        var failing = io.Submit(SampleStates.Live(memory, 1), At("a"), null);
        var cancelled = io.Submit(SampleStates.Live(memory, 2), At("b"), null);
        var unreadable = io.Submit(
            new TrainingState { ["weight"] = new TensorData(new UnreadableStorage(), ScalarType.Float32, [4], [1]) }, At("c"), null);
        Assert.IsTrue(cancelled.Cancel());
        io.BeforeParametersChange();
        memory.As<float>().Fill(5);
        gate.Open();
        await io.FlushAsync(Stop).ConfigureAwait(false);
        Assert.AreEqual(CheckpointOutcome.Failed, failing.Outcome);
        Assert.AreEqual(CheckpointOutcome.Cancelled, cancelled.Outcome);
        Assert.AreEqual(CheckpointOutcome.Failed, unreadable.Outcome);

        var next = io.Submit(SampleStates.Live(memory, 3), At("a"), null);
        io.BeforeParametersChange();
        memory.As<float>().Fill(6);
        await next.Durable.ConfigureAwait(false);
        await AssertAllAsync(io, "a", 5).ConfigureAwait(false);
    }

    /// <summary>All waiters of a failed save see the failure once each; it does not affect the next save.</summary>
    [TestMethod]
    public async Task Durable_OfAFailedSave_IsSeenByAllWhoWait()
    {
        var gate = new GatedCheckpointIO(
            new FlakyCheckpointIO(CreateBase(FolderOfTest), (_, save) => save == 1 ? new IOException("disk on fire") : null));
        await using var io = Wrap(gate);
        var operation = io.Submit(SampleStates.Small(1), At("a"), null);
        var waiting = Enumerable.Range(0, 4).Select(_ => operation.Durable).ToList();
        gate.Open();
        foreach (var wait in waiting)
        {
            var exception = await Assert.ThrowsAsync<CheckpointException>(() => wait).ConfigureAwait(false);
            Assert.Contains("disk on fire", exception.Message, StringComparison.Ordinal);
        }

        await io.Submit(SampleStates.Small(2), At("a"), null).Durable.ConfigureAwait(false);
        await io.FlushAsync(Stop).ConfigureAwait(false);
    }

    /// <summary>A failed removal is reported only to its caller.</summary>
    [TestMethod]
    public async Task Remove_ThatFails_TellsItsCallerAndSpoilsNothing()
    {
        await using var io = Wrap(new KeepingCheckpointIO(CreateBase(FolderOfTest)));
        await io.Submit(SampleStates.Small(1), At("a"), null).Durable.ConfigureAwait(false);
        await Assert.ThrowsAsync<IOException>(() => io.RemoveCheckpointAsync(At("a"), Stop)).ConfigureAwait(false);
        await io.Submit(SampleStates.Small(2), At("a"), null).Durable.ConfigureAwait(false);
        Assert.AreEqual(2, await StepAsync(io, "a").ConfigureAwait(false));
    }

    /// <summary>
    /// A save can be cancelled during its write; the previous checkpoint is intact, and the path can be saved and removed again.
    /// </summary>
    [TestMethod]
    public async Task Cancel_WhileWritten_LeavesWhatWasThere()
    {
        var gate = new GatedCheckpointIO(CreateBase(FolderOfTest));
        await using var io = Wrap(gate);
        gate.LetOneThrough();
        await io.Submit(SampleStates.Small(1), At("a"), null).Durable.ConfigureAwait(false);
        await gate.ArrivalAsync(Stop).ConfigureAwait(false);
        var operation = io.Submit(SampleStates.Small(2), At("a"), null);
        await gate.ArrivalAsync(Stop).ConfigureAwait(false);
        operation.Cancel();
        Assert.AreEqual(CheckpointOutcome.Cancelled, await operation.Completion.ConfigureAwait(false));
        Assert.AreEqual(1, await StepAsync(io, "a").ConfigureAwait(false));
        gate.Open();
        await io.Submit(SampleStates.Small(3), At("a"), null).Durable.ConfigureAwait(false);
        await io.RemoveCheckpointAsync(At("a"), Stop).ConfigureAwait(false);
        Assert.IsFalse(await io.ExistsAsync(At("a"), Stop).ConfigureAwait(false));
    }

    /// <summary>
    /// Each checkpoint contains the tensors of its own state, whatever is cached between saves: tensors of the same shape, of another shape
    /// or type in the same memory, more, fewer, in another order, frozen or unfrozen.
    /// </summary>
    [TestMethod]
    public async Task Submit_TensorsBecomeOthersBetweenSaves_EachSaveHoldsItsOwn()
    {
        const int length = 64 << 10;
        await using var io = Create(FolderOfTest);
        using var first = new LiveMemory(length);
        using var second = new LiveMemory(length);
        first.As<int>().Fill(0x3F800000);
        second.As<int>().Fill(0x40000000);
        TensorData[][] states =
        [
            [first.AsTensor()],
            [second.AsTensor()],
            [second.AsTensor(ScalarType.Int32)],
            [second.AsTensor(0, 100)],
            [second.AsTensor(stability: TensorStability.Frozen), first.AsTensor()],
            [second.AsTensor(), first.AsTensor(stability: TensorStability.Frozen)],
            [first.AsTensor(), second.AsTensor()],
            [first.AsTensor(), first.AsTensor(10, 6000)],
            [
                new TensorData(first, ScalarType.Float32, [length / 8, 2], [1, length / 8])
                {
                    Stability = TensorStability.UntilParametersChange,
                },
            ],
            [new TensorData(first, ScalarType.Float32, [length / 8, 2], [2, 1]) { Stability = TensorStability.UntilParametersChange }],
            [],
            [first.AsTensor(stability: TensorStability.Volatile)],
        ];
        var expected = new List<TrainingState>();
        for (var step = 0; step < 2 * states.Length; step++)
        {
            first.As<int>()[step] = 0x3F800000 + step;
            second.As<int>()[step] = 0x40000000 + step;
            var map = new StateMap();
            foreach (var tensor in states[step % states.Length])
            {
                map.Add($"tensor{map.Count}", tensor);
            }

            var state = new TrainingState { ["state_dict"] = map };
            expected.Add(StateCopies.Copy(state));
            io.Submit(state, At($"{step}"), null);
            io.BeforeParametersChange();
        }

        for (var step = 0; step < expected.Count; step++)
        {
            using var loaded = await io.LoadCheckpointAsync(At($"{step}"), null, Stop).ConfigureAwait(false);
            StateAssert.HaveSameValues(expected[step], loaded);
            expected[step].Dispose();
        }
    }

    /// <summary>Two instances on one store neither block each other nor mix up their checkpoints.</summary>
    [TestMethod]
    public async Task Submit_ByTwoAtOnce_NeitherWaitsForTheOther()
    {
        var gate = new GatedCheckpointIO(CreateBase(FolderOfTest));
        await using var held = Wrap(gate);
        var store = CreateBase(FolderOfTest);
        await using var other = Wrap(store);
        var waiting = held.Submit(SampleStates.Small(1), At("held"), null);
        for (var step = 0; step < 10; step++)
        {
            await other.Submit(SampleStates.Small(step), At("other"), null).Durable.ConfigureAwait(false);
        }

        Assert.AreEqual(CheckpointOutcome.Pending, waiting.Outcome);
        gate.Open();
        await waiting.Durable.ConfigureAwait(false);
        Assert.AreEqual(9, await StepAsync(other, "other").ConfigureAwait(false));
        Assert.AreEqual(1, await StepAsync(held, "held").ConfigureAwait(false));
    }

    /// <summary>Queries, loads and flushes write nothing.</summary>
    [TestMethod]
    public async Task LoadAndExists_WithoutASave_WriteNothing()
    {
        var store = CreateBase(FolderOfTest);
        await using var io = Wrap(store);
        await store.SaveCheckpointAsync(SampleStates.Small(1), At("a"), null, Stop).ConfigureAwait(false);
        var before = Entries();
        Assert.IsTrue(await io.ExistsAsync(At("a"), Stop).ConfigureAwait(false));
        Assert.AreEqual(1, await StepAsync(io, "a").ConfigureAwait(false));
        await Assert.ThrowsAsync<CheckpointNotFoundException>(() => io.LoadCheckpointAsync(At("none"), null, Stop)).ConfigureAwait(false);
        io.BeforeParametersChange();
        await io.FlushAsync(Stop).ConfigureAwait(false);
        CollectionAssert.AreEqual(before, Entries());
    }

    /// <summary>No file handles stay open for files that were written, read or removed.</summary>
    [TestMethod]
    public async Task Operations_WhenDone_LeaveNoFileOpen()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("The test requires /proc to list open files.");
        }

        await using var io = Create(FolderOfTest);
        for (var step = 0; step < 10; step++)
        {
            await io.Submit(SampleStates.Small(step), At("a"), null).Durable.ConfigureAwait(false);
            Assert.AreEqual(step, await StepAsync(io, "a").ConfigureAwait(false));
        }

        await io.RemoveCheckpointAsync(At("a"), Stop).ConfigureAwait(false);
        var open = Directory.GetFiles("/proc/self/fd").Select(file => new FileInfo(file).LinkTarget).Where(
            target => target?.StartsWith(FolderOfTest, StringComparison.Ordinal) == true).ToList();
        Assert.IsEmpty(open, string.Join(", ", open));
    }

    private async Task AssertAllAsync(CheckpointIO io, string name, float expected)
    {
        using var loaded = await io.LoadCheckpointAsync(At(name), null, Stop).ConfigureAwait(false);
        var tensor = loaded.Find("state_dict.weight")!.AsTensor();
        var values = new float[tensor.ElementCount];
        tensor.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        Assert.IsTrue(
            Array.TrueForAll(values, value => value == expected), "The checkpoint contains elements from before or after the capture.");
    }

    private List<string> Entries() =>
        [.. Directory.EnumerateFileSystemEntries(FolderOfTest, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>The memory of a device that is no longer available.</summary>
    private sealed class UnreadableStorage : TensorStorage
    {
        public override long ByteLength => 16;

        public override nint Address => throw new InvalidOperationException("The device does not respond.");

        public override bool IsCaptured => false;
    }

    /// <summary>A store that refuses removals.</summary>
    private sealed class KeepingCheckpointIO(CheckpointIO inner) : WrappingCheckpointIO(inner)
    {
        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) =>
            Task.FromException(new IOException("It is in use."));
    }
}
