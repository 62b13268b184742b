namespace Fulgurite.Tests.IO.Async;

/// <summary>The checksums that a capture computes while it copies.</summary>
[TestClass]
public sealed class CaptureChecksumTests(TestContext context)
{
    [TestMethod]
    [DataRow(TensorStability.UntilParametersChange, true)]
    [DataRow(TensorStability.UntilParametersChange, false)]
    [DataRow(TensorStability.Volatile, true)]
    [DataRow(TensorStability.Frozen, true)]
    public async Task Checksum_OfASnapshot_IsThatOfItsBytes(TensorStability stability, bool overlap)
    {
        // Copied in one part, in several, in several with a rest, and one that is not a multiple of anything.
        long[] lengths = [8 << 10, 2 << 20, (3 << 20) + 4096, (1 << 20) + 20, 70_004];
        var memories = Array.ConvertAll(lengths, length => new LiveMemory((int)length));
        for (var index = 0; index < memories.Length; index++)
        {
            new Random(index).NextBytes(memories[index].As<byte>());
        }

        var seen = new List<(uint? Known, uint Right)>();
        await using (var io = new AsyncCheckpointIO(
            new CustomCheckpointIO(Look, Nothing, NoRemoval), new AsyncCheckpointOptions { Overlap = overlap }))
        {
            // Twice: the second finds frozen tensors copied already.
            for (var save = 0; save < 2; save++)
            {
                var state = new TrainingState { ["global_step"] = save };
                for (var index = 0; index < memories.Length; index++)
                {
                    state[$"weight{index}"] = memories[index].AsTensor(stability: stability);
                }

                var operation = io.Submit(state, "a", null);
                io.BeforeParametersChange();
                await operation.Durable;
            }
        }

        Assert.HasCount(2 * lengths.Length, seen);
        foreach (var (known, right) in seen)
        {
            Assert.AreEqual(right, known);
        }

        Array.ForEach(memories, memory => memory.Dispose());

        Task Look(TrainingState state, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            seen.AddRange(
                StorageLayout.Of(state).Pieces.Select(
                    piece => (piece.Checksum, Crc32.Of(piece.Tensors[0].Storage.GetBytes(0, (int)piece.ByteLength)))));
            return Task.CompletedTask;
        }

        static Task<TrainingState> Nothing(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        static Task NoRemoval(string path, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    [TestMethod]
    [DataRow("torch")]
    [DataRow("safetensors")]
    public async Task Load_MemoryDamagedBetweenCaptureAndWrite_FindsIt(string format)
    {
        using var directory = new TemporaryDirectory();
        using var memory = new LiveMemory(1 << 20);
        memory.As<float>().Fill(1);
        CheckpointIO files = format == "torch" ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();
        var path = directory["damaged"];
        await using (var io = new AsyncCheckpointIO(
            new CustomCheckpointIO(DamageAndSave, files.LoadCheckpointAsync, files.RemoveCheckpointAsync)))
        {
            await io.Submit(new TrainingState { ["weight"] = memory.AsTensor() }, path, null).Durable;
        }

        var error = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => files.LoadCheckpointAsync(path, null, context.CancellationToken));
        StringAssert.Contains(error.Message, "weight");

        unsafe Task DamageAndSave(TrainingState state, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            ((byte*)state["weight"].AsTensor().Address)[500_000] ^= 4;
            return files.SaveCheckpointAsync(state, path, context, cancellationToken);
        }
    }
}
