using Fulgurite.IO;

namespace Fulgurite.Tests.IO;

/// <summary>Every bit of a small file of each format is changed, one at a time.</summary>
[TestClass]
public sealed class BitFlipTests(TestContext context)
{
    [TestMethod]
    [DataRow("torch")]
    [DataRow("safetensors")]
    public void Load_OneBitChanged_IsRefusedOrTheSame(string format)
    {
        using var state = FuzzTests.Small();
        var storage = new MemoryStorage();
        CheckpointIO io = format == "torch" ? new TorchCheckpointIO(storage) : new SafetensorsCheckpointIO(storage);
        io.SaveCheckpointAsync(state, "a", null, CancellationToken.None).GetAwaiter().GetResult();
        var file = storage["a"];
        var harmless = 0;
        Parallel.For(0, file.Length * 8, bit =>
        {
            var changed = (byte[])file.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                using var loaded = new TorchCheckpointIO(new MemoryStorage { ["a"] = changed }).LoadCheckpointAsync(
                    "a", new LoadOptions { Verify = true }, CancellationToken.None).GetAwaiter().GetResult();
                Interlocked.Increment(ref harmless);
                StateComparison.AreEqual(state.Root, loaded.Root);
            }
            catch (CheckpointException)
            {
                return;
            }
            catch (Exception exception)
            {
                throw new AssertFailedException($"Bit {bit % 8} of byte {bit / 8} of {file.Length}: {exception.Message}", exception);
            }
        });

        context.WriteLine($"{file.Length * 8} bits, {harmless} of them change nothing that is loaded");
    }
}
