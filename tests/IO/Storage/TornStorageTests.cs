namespace Fulgurite.Tests.IO.Storage;

/// <summary>Files that storage tore: they are refused, whatever was torn, and never read as something that was not saved.</summary>
[TestClass]
public sealed class TornStorageTests
{
    private const int Seeds = 40;

    [TestMethod]
    [DataRow("torch", StorageFault.LosesTheEnd)]
    [DataRow("torch", StorageFault.LosesAWrite)]
    [DataRow("torch", StorageFault.SwapsWrites)]
    [DataRow("torch", StorageFault.FlipsABit)]
    [DataRow("safetensors", StorageFault.LosesTheEnd)]
    [DataRow("safetensors", StorageFault.LosesAWrite)]
    [DataRow("safetensors", StorageFault.SwapsWrites)]
    [DataRow("safetensors", StorageFault.FlipsABit)]
    public async Task Load_TornFile_IsRefusedOrWhatWasSaved(string format, StorageFault fault)
    {
        using var state = Dense();
        var refused = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var storage = new TornStorage(new MemoryStorage(), seed) { Next = fault };
            await using var io = Create(format, storage);
            await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);
            try
            {
                // What lies between the parts of a file is nobody's: a bit there changes nothing.
                using var loaded = await io.LoadCheckpointAsync("a", null, CancellationToken.None);
                StateAssert.HaveSameValues(state, loaded);
            }
            catch (CheckpointCorruptException exception)
            {
                Assert.Contains("'a'", exception.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.IsGreaterThan(Seeds * 8 / 10, refused, "Nearly all of the file is tensors.");
    }

    [TestMethod]
    public async Task Save_StorageDiesWhileWriting_FailsItsTicketAndLeavesTheOlderFile()
    {
        var storage = new TornStorage(new MemoryStorage());
        await using var io = new AsyncCheckpointIO(new TorchCheckpointIO(storage));
        await io.Submit(SampleStates.Small(1), "a", null).Durable;
        storage.Next = StorageFault.DiesWhileWriting;
        var dying = io.Submit(SampleStates.Small(2), "a", null);

        Assert.AreEqual(CheckpointOutcome.Failed, await dying.Completion);
        Assert.IsTrue(dying.Failure!.IsTransient);
        using (var loaded = await io.LoadCheckpointAsync("a", null, CancellationToken.None))
        {
            Assert.AreEqual(1, SampleStates.StepOf(loaded));
        }

        await io.Submit(SampleStates.Small(3), "a", null).Durable;
        using var newest = await io.LoadCheckpointAsync("a", null, CancellationToken.None);
        Assert.AreEqual(3, SampleStates.StepOf(newest));
    }

    private static FileCheckpointIO Create(string format, IStorage storage) =>
        format == "torch" ? new TorchCheckpointIO(storage) : new SafetensorsCheckpointIO(storage);

    private static TrainingState Dense()
    {
        var values = new float[8192];
        var random = new Random(3);
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = random.NextSingle();
        }

        return TrainingState.Captured(new StateMap
        {
            ["global_step"] = 3,
            ["state_dict"] = new StateMap
            {
                ["a"] = TensorData.FromValues<float>(values, ScalarType.Float32, values.Length),
                ["b"] = TensorData.FromValues<float>(values.AsSpan(0, 4000), ScalarType.Float32, 40, 100),
            },
        });
    }
}
