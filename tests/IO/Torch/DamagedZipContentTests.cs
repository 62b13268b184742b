using System.Buffers.Binary;
using static Fulgurite.Tests.IO.Torch.DamagedZips;

namespace Fulgurite.Tests.IO.Torch;

/// <summary>Checkpoints with flipped bits, swapped chunks and missing ends.</summary>
[TestClass]
public sealed class DamagedZipContentTests
{
    [TestMethod]
    public void Load_FlippedBitInATensor_NamesFileTensorAndOffset()
    {
        var (file, place) = Saved();
        file[place + 1000] ^= 4;

        var refusal = Refuses(file, "the tensor 'state_dict.weight'");

        Assert.AreEqual("state_dict.weight", refusal.Tensor);
        Assert.AreEqual(place, refusal.Offset);
    }

    [TestMethod]
    public void Load_FlippedBitWithoutVerifying_IsNotNoticed()
    {
        var (file, place) = Saved();
        file[place + 1000] ^= 4;

        using var state = Load(file, new LoadOptions { Verify = false });

        Assert.AreEqual(file[place + 1000], StateComparison.Bytes(state.Find("state_dict.weight")!.AsTensor())[1000]);
    }

    [TestMethod]
    public void Load_SwappedChunks_AreFound()
    {
        var (file, place) = Saved();
        var first = file.AsSpan(place, 512).ToArray();
        file.AsSpan(place + 512, 512).CopyTo(file.AsSpan(place));
        first.CopyTo(file.AsSpan(place + 512));

        Refuses(file, "the tensor 'state_dict.weight'");
    }

    [TestMethod]
    public void Load_FlippedBitInThePickle_IsFound()
    {
        var (file, _) = Saved();
        file[FindFirst(file, "state_dict")] ^= 1;

        Refuses(file, "checksum of the entry 'archive/data.pkl'");
    }

    [TestMethod]
    public void Load_CutOffAnywhere_IsRefused()
    {
        var (file, _) = Saved();
        for (var length = 0; length < file.Length; length += 97)
        {
            Refuses(file[..length], "a.pt");
        }
    }

    [TestMethod]
    public void Load_AnyBitFlipped_IsRefusedOrChangesNothing()
    {
        var (file, _) = Saved(elements: 64);
        using var expected = Load(file);
        var refused = 0;
        for (var bit = 0; bit < file.Length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                using var state = Load(file);
                StateComparison.AreEqual(expected.Root, state.Root);
            }
            catch (CheckpointException)
            {
                refused++;
            }

            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.IsGreaterThan(file.Length * 4, refused);
    }

    [TestMethod]
    public void Load_ChecksumsLeftOut_IsRead()
    {
        // As PyTorch writes with compute_crc32 = False: zeros in both places.
        var (file, place) = Saved();
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(FindFirst(file, "archive/data/0") - 30 + 14), 0);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(FindLast(file, "archive/data/0") - 46 + 16), 0);

        using var state = Load(file);

        Assert.AreEqual(file[place], StateComparison.Bytes(state.Find("state_dict.weight")!.AsTensor())[0]);
    }

    private static (byte[] File, int Place) Saved(int elements = 4096)
    {
        var storage = new MemoryStorage();
        var tensor = StateSamples.Tensor(ScalarType.Float32, 5, elements);
        using var state = new TrainingState(new StateMap { { "epoch", 1 }, { "state_dict", new StateMap { { "weight", tensor } } } });
        new TorchCheckpointIO(storage).SaveCheckpointAsync(state, "a.pt", null, CancellationToken.None).GetAwaiter().GetResult();
        var file = storage["a.pt"];
        return (file, file.AsSpan().IndexOf(StateComparison.Bytes(tensor)));
    }
}
