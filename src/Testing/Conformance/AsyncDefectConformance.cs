using Fulgurite.State;

namespace Fulgurite.Testing.Conformance;

/// <summary>
/// Tests for the defects D1 to D15 known from other asynchronous savers, each named after its defect. Part of
/// <see cref="AsyncCheckpointIOConformance"/>.
/// </summary>
public abstract class AsyncDefectConformance : CheckpointIOFixture
{
    private protected static readonly SaveOptions Last = new() { Slot = "last" };

    /// <summary>Creates the asynchronous implementation to test.</summary>
    /// <param name="inner">The implementation that writes; the tests delay it and make it fail. The returned instance owns it.</param>
    protected abstract CheckpointIO Wrap(CheckpointIO inner);

    /// <summary>
    /// Creates the implementation that writes; override it to test your own behind an asynchronous one. The default implementation returns
    /// an <see cref="InMemoryCheckpointIO"/>.
    /// </summary>
    /// <param name="directory">An empty folder for the test.</param>
    protected virtual CheckpointIO CreateBase(string directory) => new InMemoryCheckpointIO();

    /// <inheritdoc/>
    protected sealed override CheckpointIO Create(string directory) => Wrap(CreateBase(directory));

    /// <summary>A removal waits for earlier operations.</summary>
    [TestMethod]
    public async Task D1_RemoveWhileSavesWait_RemovedCheckpointsStayAway()
    {
        var gate = new GatedCheckpointIO(CreateBase(FolderOfTest));
        await using var io = Wrap(gate);
        var removals = new List<Task>();
        for (var step = 0; step < 4; step++)
        {
            io.Submit(SampleStates.Small(step), At($"{step}"), null);
            if (step > 0)
            {
                removals.Add(io.RemoveCheckpointAsync(At($"{step - 1}"), Stop));
            }
        }

        Assert.IsFalse(removals.Exists(removal => removal.IsCompleted), "A removal overtook a save.");
        gate.Open();
        await Task.WhenAll(removals).ConfigureAwait(false);
        await io.FlushAsync(Stop).ConfigureAwait(false);
        for (var step = 0; step < 4; step++)
        {
            Assert.AreEqual(step == 3, await gate.ExistsAsync(At($"{step}"), Stop).ConfigureAwait(false));
        }
    }

    /// <summary>A load of a path that is still being saved returns the last state saved before the load.</summary>
    [TestMethod]
    public async Task D2_LoadOfAPendingPath_GivesThePendingState()
    {
        var gate = new GatedCheckpointIO(CreateBase(FolderOfTest));
        await using var io = Wrap(gate);
        io.Submit(SampleStates.Small(1), At("a"), Last);
        await gate.ArrivalAsync(Stop).ConfigureAwait(false);
        io.Submit(SampleStates.Small(2), At("a"), Last);
        var loading = io.LoadCheckpointAsync(At("a"), null, Stop);
        var third = io.Submit(SampleStates.Small(3), At("a"), Last);
        gate.Open();
        using var loaded = await loading.ConfigureAwait(false);
        Assert.AreEqual(2, SampleStates.StepOf(loaded), "A state with a waiting load must not be superseded.");
        await third.Durable.ConfigureAwait(false);
    }

    /// <summary>A failure belongs to one save and is reported with its path.</summary>
    [TestMethod]
    public async Task D3_OneSaveFails_OnlyItsTicketSaysSo()
    {
        var store = CreateBase(FolderOfTest);
        var io = Wrap(new FlakyCheckpointIO(store, (_, save) => save == 2 ? new IOException("disk on fire") : null));
        var operations = Enumerable.Range(1, 4).Select(step => io.Submit(SampleStates.Small(step), At($"{step}"), null)).ToList();
        await io.FlushAsync(Stop).ConfigureAwait(false);

        CollectionAssert.AreEqual(
            new[] { CheckpointOutcome.Durable, CheckpointOutcome.Failed, CheckpointOutcome.Durable, CheckpointOutcome.Durable },
            operations.ConvertAll(operation => operation.Outcome));
        Assert.AreEqual(At("2"), operations[1].Failure!.Path, StringComparer.Ordinal);
        Assert.Contains("disk on fire", operations[1].Failure!.Message, StringComparison.Ordinal);
        Assert.IsFalse(await io.ExistsAsync(At("2"), Stop).ConfigureAwait(false));
        Assert.AreEqual(4, await StepAsync(io, "4").ConfigureAwait(false));
        await io.FlushAsync(Stop).ConfigureAwait(false);
        await io.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Saves of one slot that exceed the storage bandwidth supersede each other and never block.</summary>
    [TestMethod]
    public async Task D4_SavesOutpaceStorage_QueueStaysBounded()
    {
        using var memory = new LiveMemory(1 << 20);
        var gate = new GatedCheckpointIO(CreateBase(FolderOfTest));
        await using var io = Wrap(gate);
        var operations = new List<SaveOperation>();
        for (var step = 0; step < 20; step++)
        {
            operations.Add(io.Submit(SampleStates.Live(memory, step), At("last"), Last));
            io.BeforeParametersChange();
            memory.As<float>().Fill(step);
            if (step == 0)
            {
                await gate.ArrivalAsync(Stop).ConfigureAwait(false);
            }
        }

        Assert.IsLessThanOrEqualTo(2, operations.Count(operation => operation.Outcome == CheckpointOutcome.Pending));
        gate.Open();
        await io.FlushAsync(Stop).ConfigureAwait(false);
        Assert.AreEqual(CheckpointOutcome.Durable, operations[^1].Outcome);
        Assert.AreEqual(18, operations.Count(operation => operation.Outcome == CheckpointOutcome.Superseded));
        Assert.AreEqual(19, await StepAsync(io, "last").ConfigureAwait(false));
    }

    /// <summary>Wrappers around it drain it and forward the fence.</summary>
    [TestMethod]
    public async Task D5_WrapperAroundAsync_DrainsItAndPassesTheFence()
    {
        using var memory = new LiveMemory(8 << 20);
        var gate = new GatedCheckpointIO(CreateBase(FolderOfTest));
        var io = new PassingCheckpointIO(new PassingCheckpointIO(Wrap(gate)));
        var first = io.Submit(SampleStates.Live(memory, 1), At("a"), null);
        io.BeforeParametersChange();
        Assert.IsTrue(first.Captured.IsCompleted, "The fence returned while the state may still be read.");
        Assert.AreEqual(CheckpointOutcome.Pending, first.Outcome, "The wrapper made the save synchronous.");
        var flushing = io.FlushAsync(Stop);
        Assert.IsFalse(flushing.IsCompleted);
        gate.Open();
        await flushing.ConfigureAwait(false);
        Assert.AreEqual(CheckpointOutcome.Durable, first.Outcome);

        var second = io.Submit(SampleStates.Live(memory, 2), At("b"), null);
        await io.DisposeAsync().ConfigureAwait(false);
        Assert.AreEqual(CheckpointOutcome.Durable, second.Outcome);
    }

    /// <summary>Tensors that share memory still share it after loading.</summary>
    [TestMethod]
    public async Task D6_TiedTensors_StayTied()
    {
        using var memory = new LiveMemory(1 << 20);
        memory.As<float>().Fill(4);
        var state = new TrainingState
        {
            ["embedding"] = memory.AsTensor(),
            ["head"] = memory.AsTensor(),
            ["part"] = memory.AsTensor(5, 100),
        };
        await using var io = Create(FolderOfTest);
        await io.Submit(state, At("a"), null).Durable.ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        AssertLoaded(state, loaded);
    }

    /// <summary>Values other than tensors may change as soon as a save returns.</summary>
    [TestMethod]
    public async Task D7_EverythingElseThatChanges_IsCapturedToo()
    {
        var bytes = new byte[] { 1, 2, 3 };
        var list = new StateList([1L]);
        var inner = new StateMap { ["metric"] = 0.5 };
        var state = new TrainingState { ["bytes"] = new StateBytes(bytes), ["list"] = list, ["inner"] = inner };
        using var expected = StateCopies.Copy(state);
        var gate = new GatedCheckpointIO(CreateBase(FolderOfTest));
        await using var io = Wrap(gate);
        var operation = io.Submit(state, At("a"), null);
        bytes[0] = 99;
        list.Add(2L);
        inner["metric"] = 0.9;
        inner["more"] = true;
        gate.Open();
        await operation.Durable.ConfigureAwait(false);
        using var loaded = await io.LoadCheckpointAsync(At("a"), null, Stop).ConfigureAwait(false);
        StateAssert.HaveSameValues(expected, loaded);
    }

    /// <summary>A checkpoint that is still being saved exists, under every spelling of its path.</summary>
    [TestMethod]
    public async Task D8_ExistsOfAPendingPath_CountsIt()
    {
        var gate = new GatedCheckpointIO(CreateBase(FolderOfTest));
        await using var io = Wrap(gate);
        io.Submit(SampleStates.Small(1), At(Path.Combine("folder", "..", "a")), null);
        Assert.IsTrue(await io.ExistsAsync(At("a"), Stop).ConfigureAwait(false), "The next name would collide.");
        var removing = io.RemoveCheckpointAsync(At("a"), Stop);
        Assert.IsFalse(await io.ExistsAsync(At("a"), Stop).ConfigureAwait(false));
        gate.Open();
        await removing.ConfigureAwait(false);
    }

    /// <summary>A second save of a state whose first save failed is an independent checkpoint.</summary>
    [TestMethod]
    public async Task D9_SecondName_NeverPointsToWhatIsNotThere()
    {
        using var memory = new LiveMemory(1 << 16);
        await using var io = Wrap(new FlakyCheckpointIO(CreateBase(FolderOfTest), (_, save) => save == 1 ? new IOException("full") : null));
        var state = SampleStates.Live(memory, 1);
        var best = io.Submit(state, At("best"), null);
        await best.Completion.ConfigureAwait(false);
        var last = io.Submit(state, At("last"), Last);
        var third = io.Submit(state, At("third"), null);
        await io.FlushAsync(Stop).ConfigureAwait(false);

        Assert.AreEqual(CheckpointOutcome.Failed, best.Outcome);
        Assert.AreEqual(CheckpointOutcome.Durable, last.Outcome);
        Assert.AreEqual(CheckpointOutcome.Durable, third.Outcome);
        Assert.IsFalse(await io.ExistsAsync(At("best"), Stop).ConfigureAwait(false));
        Assert.AreEqual(1, await StepAsync(io, "last").ConfigureAwait(false));
        Assert.AreEqual(1, await StepAsync(io, "third").ConfigureAwait(false));
    }

    /// <summary>A save is reported as durable only when the checkpoint exists.</summary>
    [TestMethod]
    public async Task D10_DurableIsTold_WhenTheBytesAreThere()
    {
        var gate = new GatedCheckpointIO(CreateBase(FolderOfTest));
        await using var io = Wrap(gate);
        var operation = io.Submit(SampleStates.Everything(1), At("a"), null);
        await gate.ArrivalAsync(Stop).ConfigureAwait(false);
        Assert.IsFalse(operation.Durable.IsCompleted);
        Assert.IsFalse(await gate.ExistsAsync(At("a"), Stop).ConfigureAwait(false));
        gate.Open();
        await operation.Durable.ConfigureAwait(false);
        Assert.IsTrue(await gate.ExistsAsync(At("a"), Stop).ConfigureAwait(false));
    }

    /// <summary>After a flush all saves are durable, so that a job can be handed over.</summary>
    [TestMethod]
    public async Task D11_FlushBeforeHandingOver_EverythingIsDurable()
    {
        var store = CreateBase(FolderOfTest);
        await using var io = Wrap(store);
        var operations = Enumerable.Range(0, 5).Select(step => io.Submit(SampleStates.Small(step), At($"{step}"), null)).ToList();
        await io.FlushAsync(Stop).ConfigureAwait(false);
        Assert.IsTrue(operations.TrueForAll(operation => operation.Outcome == CheckpointOutcome.Durable));
        for (var step = 0; step < 5; step++)
        {
            Assert.IsTrue(await store.ExistsAsync(At($"{step}"), Stop).ConfigureAwait(false));
        }
    }

    /// <summary>
    /// A failure while draining is reported by its operation; thrown, it would hide the exception that ended the training.
    /// </summary>
    [TestMethod]
    public async Task D12_FailureWhileDraining_IsToldByTheTicketNotThrown()
    {
        var gate = new GatedCheckpointIO(new FlakyCheckpointIO(CreateBase(FolderOfTest), (_, _) => new IOException("full")));
        var io = Wrap(gate);
        var operation = io.Submit(SampleStates.Small(1), At("a"), null);
        gate.Open();
        await io.FlushAsync(Stop).ConfigureAwait(false);
        await io.DisposeAsync().ConfigureAwait(false);
        Assert.AreEqual(CheckpointOutcome.Failed, operation.Outcome);
    }

    /// <summary>Tearing down a strategy drains it through wrappers, and the strategy can be used again.</summary>
    [TestMethod]
    public async Task D13_TearDownOfTheStrategy_DrainsThroughWrappers()
    {
        var gate = new GatedCheckpointIO(CreateBase(FolderOfTest));
        await using var strategy = new InProcessStrategy(new PassingCheckpointIO(Wrap(gate)), new ProcessGroup(1), 0);
        var operation = strategy.SaveCheckpoint(SampleStates.Small(1), At("a"), null);
        Assert.AreEqual(CheckpointOutcome.Pending, operation.Outcome);
        gate.Open();
        strategy.TearDown();
        Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome);

        var again = strategy.SaveCheckpoint(SampleStates.Small(2), At("b"), null);
        strategy.TearDown();
        Assert.AreEqual(CheckpointOutcome.Durable, again.Outcome, "The next run must be able to reuse a strategy after its teardown.");
    }

    /// <summary>Attributes of a map, such as the metadata of a state dict, are captured with it.</summary>
    [TestMethod]
    public async Task D14_WhatHangsOnAMap_IsCapturedWithIt()
    {
        var ordered = new StateObject(
            "collections.OrderedDict", new StateList(),
            new StateMap { ["_metadata"] = new StateMap { [""] = new StateMap { ["version"] = 1 } } })
        {
            Items = new StateMap { ["weight"] = TensorData.FromValues([1f, 2f], TorchSharp.torch.ScalarType.Float32, 2) },
        };
        TrainingState? seen = null;
        await using var io = Wrap(new WatchedCheckpointIO(new InMemoryCheckpointIO(), state => seen = StateCopies.Copy(state)));
        var live = new TrainingState { ["state_dict"] = ordered };
        await io.Submit(live, At("a"), null).Durable.ConfigureAwait(false);
        using var written = seen!;
        StateAssert.HaveSameValues(live, written);
    }

    /// <summary>A file for other readers exists after a flush.</summary>
    [TestMethod]
    public async Task D15_HandOverFile_IsReadableByOthersAfterFlush()
    {
        var store = CreateBase(FolderOfTest);
        await using var io = Wrap(store);
        using var state = SampleStates.Everything(5);
        io.Submit(state, At("handover"), null);
        await io.FlushAsync(Stop).ConfigureAwait(false);
        using var loaded = await store.LoadCheckpointAsync(At("handover"), null, Stop).ConfigureAwait(false);
        StateAssert.HaveSameValues(state, loaded);
    }

    private protected sealed class PassingCheckpointIO(CheckpointIO inner) : WrappingCheckpointIO(inner);

    private protected sealed class WatchedCheckpointIO(CheckpointIO inner, Action<TrainingState> onSave) : WrappingCheckpointIO(inner)
    {
        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            onSave(checkpoint);
            return base.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);
        }
    }
}
