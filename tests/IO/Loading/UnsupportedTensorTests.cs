using System.Text;
using Fulgurite.Tests.IO.Torch;

namespace Fulgurite.Tests.IO.Loading;

/// <summary>Files with tensors of element types that TorchSharp lacks.</summary>
[TestClass]
public sealed class UnsupportedTensorTests
{
    private const int Bytes = 6;

    [TestMethod]
    [DataRow("F8_E4M3", 6)]
    [DataRow("F8_E5M2FNUZ", 6)]
    [DataRow("U16", 3)]
    [DataRow("F4", 12)]
    [DataRow("F6_E2M3", 8)]
    [DataRow("OF_A_LATER_VERSION", 77)]
    public async Task Load_SafetensorsWithATypeThatTorchSharpLacks_ReadsTheOthers(string type, int size)
    {
        var file = Safetensors($$$"""
            {"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"scale":{"dtype":"{{{type}}}","shape":[{{{size}}}],"data_offsets":[4,10]},
            "bias":{"dtype":"F32","shape":[1],"data_offsets":[10,14]}}
            """);
        await using var io = new SafetensorsCheckpointIO(new MemoryStorage { ["a"] = file });

        using var state = await io.LoadCheckpointAsync("a", null, CancellationToken.None);

        Assert.AreEqual(1.5f, Only(state["weight"]));
        Assert.AreEqual(2.5f, Only(state["bias"]));
        Assert.AreEqual(new UnsupportedTensor(type, [size], Bytes), state["scale"]);
        Assert.Contains(type, Assert.ThrowsExactly<NotSupportedException>(() => state["scale"].AsTensor()).Message);
        await io.VerifyAsync("a", CancellationToken.None);
    }

    [TestMethod]
    [DataRow("float8_e4m3fn")]
    [DataRow("uint16")]
    public async Task Load_TorchFileWithATypeThatTorchSharpLacks_ReadsTheOthers(string type)
    {
        var pickle = new PickleBuilder().Op('}').Op('(').Text("weight").Tensor(1, 0, [1], [1])
            .Text("scale").Global("torch._utils", "_rebuild_tensor_v3").Op('(')
            .Op('(').Text("storage").Global("torch.storage", "UntypedStorage").Text("1").Text("cpu").Integer(Bytes).Op('t').Op('Q')
            .Integer(0).Integer(3).Raw(0x85).Integer(1).Raw(0x85).Raw(0x89).Global("collections", "OrderedDict").Op(')').Op('R')
            .Global("torch", type).Op('t').Op('R').Op('u').Stop();
        await using var io = new TorchCheckpointIO(
            new MemoryStorage { ["a.pt"] = ZipBuilder.Torch(pickle, BitConverter.GetBytes(1.5f), new byte[Bytes]) });

        using var state = await io.LoadCheckpointAsync("a.pt", null, CancellationToken.None);

        Assert.AreEqual(1.5f, Only(state["weight"]));
        Assert.AreEqual(new UnsupportedTensor("torch." + type, [3], Bytes), state["scale"]);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Save_ATensorWithoutElements_IsRefusedByName(bool torch)
    {
        await using FileCheckpointIO io = torch
            ? new TorchCheckpointIO(new MemoryStorage())
            : new SafetensorsCheckpointIO(new MemoryStorage());
        using var state = new TrainingState { ["scale"] = new UnsupportedTensor("U16", [3], Bytes) };

        var failure = await Assert.ThrowsExactlyAsync<CheckpointException>(
            () => io.SaveCheckpointAsync(state, "a", null, CancellationToken.None));

        Assert.Contains("U16 tensor [3]", failure.Message);
    }

    [TestMethod]
    [DataRow("disposed", true)]
    [DataRow("disposed", false)]
    [DataRow("sparse", true)]
    [DataRow("sparse", false)]
    public async Task Load_IntoATensorThatCannotBeDescribed_NamesItAndBlamesNoFile(string kind, bool torch)
    {
        using var scope = NewDisposeScope();
        await using FileCheckpointIO io = torch
            ? new TorchCheckpointIO(new MemoryStorage())
            : new SafetensorsCheckpointIO(new MemoryStorage());
        using var state = new TrainingState { ["w"] = TensorData.FromTensor(ones(5, 6)) };
        await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);
        var target = zeros(5, 6);
        if (kind == "sparse")
        {
            target = target.to_sparse();
        }
        else
        {
            target.Dispose();
        }

        var failure = await Assert.ThrowsExactlyAsync<CheckpointException>(() => io.LoadCheckpointAsync(
            "a", new LoadOptions { Into = new Dictionary<string, Tensor> { ["w"] = target } }, CancellationToken.None));

        Assert.StartsWith("The tensor 'w' of the checkpoint 'a' cannot be loaded into the one of LoadOptions.Into: ", failure.Message);
        Assert.Contains(kind == "sparse" ? "sparse" : "Tensor invalid", failure.Message);
    }

    private static float Only(StateValue value) => BitConverter.ToSingle(StateComparison.Bytes(value.AsTensor()));

    /// <summary>A file whose data are 1.5, six bytes, and 2.5.</summary>
    private static byte[] Safetensors(string header) =>
        [
            .. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header),
            .. BitConverter.GetBytes(1.5f), .. new byte[Bytes], .. BitConverter.GetBytes(2.5f),
        ];
}
