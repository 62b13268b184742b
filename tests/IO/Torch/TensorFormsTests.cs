namespace Fulgurite.Tests.IO.Torch;

/// <summary>
/// The forms in which pickles have tensors: some become tensors while the pickle is read, others later; nobody can tell which.
/// </summary>
[TestClass]
public sealed class TensorFormsTests
{
    private static readonly Dictionary<string, byte[]> Forms = new()
    {
        ["as written here"] = Tensor(new PickleBuilder(), isKept: false).Stop(),
        ["as written by Python, which puts tuples aside"] = Tensor(new PickleBuilder(), isKept: true).Stop(),
        ["with attributes"] = Tensor(new PickleBuilder(), isKept: false).Op('}').Text("name").Text("weight").Op('s').Op('b').Stop(),
        ["with attributes, by Python"] = Tensor(new PickleBuilder(), isKept: true).Op('}').Op('b').Stop(),
        ["a parameter"] = Parameter(isKept: false),
        ["a parameter, by Python"] = Parameter(isKept: true),
        ["without hooks"] = Storage(new PickleBuilder().Global("torch._utils", "_rebuild_tensor").Op('('), isKept: false)
            .Integer(1).Integer(2).Raw(0x85).Integer(1).Raw(0x85).Op('t').Op('R').Stop(),
        ["of a type of its own"] = OfType(),
        ["of a class of its own"] = OfClass(),
    };

    public static IEnumerable<object[]> Names => Forms.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task Load_TensorOfAnyForm_IsTheSame(string name)
    {
        var data = Enumerable.Range(1, 16).Select(value => (byte)value).ToArray();
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a.pt"] = ZipBuilder.Torch(Forms[name], data) });

        using var state = await io.LoadCheckpointAsync("a.pt", null, CancellationToken.None);

        var tensor = state["data"].AsTensor();
        Assert.AreEqual(ScalarType.Float32, tensor.Type);
        CollectionAssert.AreEqual(new long[] { 2 }, tensor.Shape.ToArray());
        CollectionAssert.AreEqual(new long[] { 1 }, tensor.Strides.ToArray());
        CollectionAssert.AreEqual(data[4..12], StateComparison.Bytes(tensor));
    }

    [TestMethod]
    public async Task Load_TensorThatStandsTwice_SharesItsMemory()
    {
        var pickle = Tensor(new PickleBuilder().Op(']').Op('('), isKept: false).Op('q').Raw(9).Op('h').Raw(9).Op('e').Stop();
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a.pt"] = ZipBuilder.Torch(pickle, new byte[16]) });

        using var state = await io.LoadCheckpointAsync("a.pt", null, CancellationToken.None);

        var tensors = state["data"].AsList();
        Assert.HasCount(2, tensors);
        Assert.AreSame(tensors[0].AsTensor().Storage, tensors[1].AsTensor().Storage);
    }

    [TestMethod]
    public async Task Load_StorageThatStandsAlone_IsATensor()
    {
        await using var io = new TorchCheckpointIO(
            new MemoryStorage { ["a.pt"] = ZipBuilder.Torch(Storage(new PickleBuilder(), isKept: false).Stop(), new byte[16]) });

        using var state = await io.LoadCheckpointAsync("a.pt", null, CancellationToken.None);

        CollectionAssert.AreEqual(new long[] { 4 }, state["data"].AsTensor().Shape.ToArray());
    }

    /// <summary>The storage '0' of four floats.</summary>
    private static PickleBuilder Storage(PickleBuilder pickle, bool isKept) =>
        Keep(pickle.Op('(').Text("storage").Global("torch", "FloatStorage").Text("0").Text("cpu").Integer(4).Op('t'), isKept, 1).Op('Q');

    /// <summary>The two floats in its middle.</summary>
    private static PickleBuilder Tensor(PickleBuilder pickle, bool isKept)
    {
        Storage(pickle.Global("torch._utils", "_rebuild_tensor_v2").Op('('), isKept);
        return Keep(View(pickle).Op('t'), isKept, 2).Op('R');
    }

    /// <summary>What makes a tensor of a storage: the offset 1, the shape [2], the stride [1], no gradient, no hooks.</summary>
    private static PickleBuilder View(PickleBuilder pickle) =>
        pickle.Integer(1).Integer(2).Raw(0x85).Integer(1).Raw(0x85).Raw(0x89).Global("collections", "OrderedDict").Op(')').Op('R');

    private static byte[] Parameter(bool isKept)
    {
        var pickle = Tensor(new PickleBuilder().Global("torch._utils", "_rebuild_parameter"), isKept);
        return Keep(pickle.Raw(0x88).Global("collections", "OrderedDict").Op(')').Op('R').Raw(0x87), isKept, 3).Op('R').Stop();
    }

    private static byte[] OfType()
    {
        var pickle = Storage(new PickleBuilder().Global("torch._utils", "_rebuild_tensor_v3").Op('('), isKept: false);
        return View(pickle).Global("torch", "float32").Op('t').Op('R').Stop();
    }

    private static byte[] OfClass()
    {
        var pickle = new PickleBuilder()
            .Global("torch._tensor", "_rebuild_from_type_v2")
            .Op('(')
            .Global("torch._utils", "_rebuild_tensor_v2")
            .Global("my.module", "MyTensor")
            .Op('(');
        return View(Storage(pickle, isKept: false)).Op('t').Op('}').Op('t').Op('R').Stop();
    }

    private static PickleBuilder Keep(PickleBuilder pickle, bool isKept, byte place) => isKept ? pickle.Op('q').Raw(place) : pickle;
}
