using System.Text;

namespace Fulgurite.Tests.IO;

/// <summary>Files in the layout of TorchSharp's module.save, written by hand.</summary>
[TestClass]
public class TorchSharpModuleTests
{
    private static readonly TensorData[] Tensors =
    [
        .. StateSamples.Types.Select((type, index) => StateSamples.Tensor(type, index, index, 3)),
    ];

    [TestMethod]
    public void Load_ModuleFile_IsAMapOfItsTensors()
    {
        using var state = Load(File());

        Assert.AreEqual(Tensors.Length, state.Root.Count);
        for (var index = 0; index < Tensors.Length; index++)
        {
            StateComparison.AreEqual(Tensors[index], state[$"layer{index}.weight"]);
        }
    }

    [TestMethod]
    public void Load_CutOffOrLengthened_IsRefused()
    {
        var file = File();
        for (var length = 1; length < file.Length; length++)
        {
            Assert.ThrowsExactly<CheckpointCorruptException>(() => Load(file[..length]));
        }

        Assert.ThrowsExactly<CheckpointCorruptException>(() => Load([.. file, 0]));
    }

    [TestMethod]
    public void Load_SizesOf2To62_IsRefused()
    {
        var output = new MemoryStream();
        using var writer = new BinaryWriter(output);
        writer.Write7BitEncodedInt(1);
        writer.Write("w");
        writer.Write7BitEncodedInt((int)ScalarType.Float32);
        writer.Write7BitEncodedInt(2);
        writer.Write7BitEncodedInt64(1L << 61);
        writer.Write7BitEncodedInt64(1L << 61);

        Assert.ThrowsExactly<CheckpointCorruptException>(() => Load(output.ToArray()));
    }

    private static byte[] File()
    {
        var output = new MemoryStream();
        using var writer = new BinaryWriter(output, Encoding.UTF8);
        writer.Write7BitEncodedInt(Tensors.Length);
        for (var index = 0; index < Tensors.Length; index++)
        {
            writer.Write($"layer{index}.weight");
            writer.Write7BitEncodedInt((int)Tensors[index].Type);
            writer.Write7BitEncodedInt(2);
            writer.Write7BitEncodedInt64(index);
            writer.Write7BitEncodedInt64(3);
            writer.Write(StateComparison.Bytes(Tensors[index]));
        }

        return output.ToArray();
    }

    private static TrainingState Load(byte[] file) =>
        new TorchCheckpointIO(new MemoryStorage { ["a"] = file })
            .LoadCheckpointAsync("a", null, CancellationToken.None)
            .GetAwaiter()
            .GetResult();
}
