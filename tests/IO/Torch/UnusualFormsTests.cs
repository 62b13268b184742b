using System.Buffers.Binary;
using System.Numerics;

namespace Fulgurite.Tests.IO.Torch;

/// <summary>Forms that PyTorch writes rarely, or wrote long ago, and their damaged relatives.</summary>
[TestClass]
public sealed class UnusualFormsTests
{
    private static readonly BigInteger Magic = BigInteger.Parse("1950a86a20f9469cfc6c", System.Globalization.NumberStyles.HexNumber);

    [TestMethod]
    [DataRow("uint8", "ByteStorage", ScalarType.Byte, 1)]
    [DataRow("int8", "ByteStorage", ScalarType.Int8, 1)]
    [DataRow("int16", "UntypedStorage", ScalarType.Int16, 2)]
    [DataRow("int32", "UntypedStorage", ScalarType.Int32, 4)]
    [DataRow("int64", "UntypedStorage", ScalarType.Int64, 8)]
    [DataRow("float16", "UntypedStorage", ScalarType.Float16, 2)]
    [DataRow("float32", "UntypedStorage", ScalarType.Float32, 4)]
    [DataRow("float64", "UntypedStorage", ScalarType.Float64, 8)]
    [DataRow("bfloat16", "UntypedStorage", ScalarType.BFloat16, 2)]
    [DataRow("bool", "UntypedStorage", ScalarType.Bool, 1)]
    [DataRow("complex64", "UntypedStorage", ScalarType.ComplexFloat32, 8)]
    [DataRow("complex128", "UntypedStorage", ScalarType.ComplexFloat64, 16)]
    public async Task Load_TypeBesideTheStorage_IsThatOfTheTensor(string name, string storage, ScalarType type, int size)
    {
        var data = Enumerable.Range(0, 16).Select(value => (byte)(value % 2)).ToArray();

        using var state = await LoadAsync(Typed("torch", name, storage).Stop(), data);

        var tensor = state["data"].AsTensor();
        Assert.AreEqual(type, tensor.Type);
        CollectionAssert.AreEqual(data[..size], StateComparison.Bytes(tensor));
    }

    [TestMethod]
    public async Task Load_TypeThatTorchSharpLacks_IsATensorWithoutElements()
    {
        using var state = await LoadAsync(Typed("torch", "float8_e4m3fn", "UntypedStorage").Stop(), new byte[16]);

        Assert.AreEqual(new UnsupportedTensor("torch.float8_e4m3fn", [1], 16), state["data"]);
    }

    [TestMethod]
    [DataRow("mymodule", "float32")]
    [DataRow("torch", "a_name_of_a_type_that_is_longer_than_any_that_pytorch_has_or_will_have")]
    public Task Load_TypeThatIsNone_IsRefused(string module, string name) =>
        RefusesAsync(Typed(module, name, "UntypedStorage").Stop(), "which PyTorch does not have");

    [TestMethod]
    [DataRow("tuple")]
    [DataRow("list")]
    [DataRow("torch.Size of a tuple")]
    public async Task Load_ShapeOfAnyForm_IsTheSame(string form)
    {
        var pickle = Storage(new PickleBuilder().Global("torch._utils", "_rebuild_tensor").Op('('), "FloatStorage", 4).Integer(0);
        _ = form switch
        {
            "tuple" => pickle.Integer(4).Raw(0x85),
            "list" => pickle.Op(']').Integer(4).Op('a'),
            _ => pickle.Global("torch", "Size").Integer(4).Raw(0x85).Raw(0x85).Op('R'),
        };

        using var state = await LoadAsync(pickle.Integer(1).Raw(0x85).Op('t').Op('R').Stop(), new byte[16]);

        CollectionAssert.AreEqual(new long[] { 4 }, state["data"].AsTensor().Shape.ToArray());
    }

    [TestMethod]
    public Task Load_ShapeOfText_IsRefused() => RefusesAsync(
        Storage(new PickleBuilder().Global("torch._utils", "_rebuild_tensor").Op('('), "FloatStorage", 4).Integer(0).Text("4")
            .Integer(1).Raw(0x85).Op('t').Op('R').Stop(),
        "sizes that are not a tuple");

    [TestMethod]
    public Task Load_SizeOfNone_IsRefused() => RefusesAsync(
        Storage(new PickleBuilder().Global("torch._utils", "_rebuild_tensor").Op('('), "FloatStorage", 4).Integer(0).Op('N').Raw(0x85)
            .Integer(1).Raw(0x85).Op('t').Op('R').Stop(),
        "size of None");

    [TestMethod]
    public Task Load_MoreThan64Dimensions_IsRefused() => RefusesAsync(
        new PickleBuilder().Tensor(4, 0, [.. Enumerable.Repeat(1L, 65)], [.. Enumerable.Repeat(1L, 65)]).Stop(), "65 dimensions");

    [TestMethod]
    public async Task Load_64Dimensions_IsRead()
    {
        var ones = Enumerable.Repeat(1L, 64).ToArray();

        using var state = await LoadAsync(new PickleBuilder().Tensor(4, 0, ones, ones).Stop(), new byte[16]);

        Assert.AreEqual(64, state["data"].AsTensor().Shape.Length);
    }

    [TestMethod]
    [DataRow(-1L, "a storage has -1 elements")]
    [DataRow(long.MaxValue / 4, "should have")]
    [DataRow((long.MaxValue / 4) + 1, "a storage has 2305843009213693952 elements")]
    public Task Load_StorageOfImpossibleLength_IsRefused(long elements, string reason) =>
        RefusesAsync(new PickleBuilder().Tensor(elements, 0, [1], [1]).Stop(), reason);

    [TestMethod]
    public Task Load_StorageNamedInAnUnknownWay_IsRefused() => RefusesAsync(
        new PickleBuilder().Global("torch._utils", "_rebuild_tensor").Op('(').Text("storage").Op('Q').Integer(0).Integer(4).Raw(0x85)
            .Integer(1).Raw(0x85).Op('t').Op('R').Stop(),
        "refers to a storage in an unknown way");

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Load_SizeAsAValue_IsATuple(bool ofList)
    {
        var pickle = new PickleBuilder().Op('}').Text("size").Global("torch", "Size");
        pickle = ofList ? pickle.Op(']').Integer(2).Op('a') : pickle.Integer(2).Raw(0x85);

        using var state = await LoadAsync(pickle.Raw(0x85).Op('R').Op('s').Stop(), []);

        var size = state["size"].AsList();
        Assert.IsTrue(size.IsTuple);
        Assert.AreEqual(2, size.Single().AsInteger());
    }

    [TestMethod]
    [DataRow("collections", "OrderedDict")]
    [DataRow("lightning_fabric.utilities.data", "AttributeDict")]
    [DataRow("pytorch_lightning.utilities.parsing", "AttributeDict")]
    public async Task Load_MapOfPairs_HasThemInOrder(string module, string name)
    {
        // OrderedDict([("a", 1), ["b", 2]]), and "c" set afterwards.
        var pickle = new PickleBuilder().Global(module, name).Op(']').Op('(')
            .Text("a").Integer(1).Raw(0x86)
            .Op(']').Op('(').Text("b").Integer(2).Op('e')
            .Op('e').Raw(0x85).Op('R')
            .Text("c").Integer(3).Op('s');

        using var state = await LoadAsync(pickle.Stop(), []);

        CollectionAssert.AreEqual(new[] { "a", "b", "c" }, state.Root.Keys.Select(key => key.ToString()).ToArray());
        CollectionAssert.AreEqual(new long[] { 1, 2, 3 }, state.Root.Select(entry => entry.Value.AsInteger()).ToArray());
    }

    [TestMethod]
    public Task Load_MapOfWhatIsNoPair_IsRefused() => RefusesAsync(
        new PickleBuilder().Global("collections", "OrderedDict").Op(']').Integer(1).Op('a').Raw(0x85).Op('R').Stop(), "not pairs");

    [TestMethod]
    public async Task Load_ClassNamedLikeTheMapOfLightning_IsAPlaceholder()
    {
        using var state = await LoadAsync(
            new PickleBuilder().Op('}').Text("it").Global("my.module", "AttributeDict").Op(')').Op('R').Op('s').Stop(), []);

        Assert.AreEqual("my.module.AttributeDict", ((StateObject)state["it"]).ClassName);
    }

    [TestMethod]
    [DataRow("I00", "false")]
    [DataRow("I01", "true")]
    [DataRow("I1", "1")]
    [DataRow("I-7", "-7")]
    [DataRow("L12L", "12")]
    [DataRow("L9223372036854775807L", "9223372036854775807")]
    [DataRow("F2.5", "2.5")]
    public async Task Load_NumberInText_IsTheNumber(string line, string expected)
    {
        using var state = await LoadAsync(
            new PickleBuilder().Op('}').Text("n").Raw([.. System.Text.Encoding.ASCII.GetBytes(line + "\n")]).Op('s').Stop(), []);

        var value = state["n"] switch
        {
            StateBoolean boolean => boolean.Value ? "true" : "false",
            StateInteger integer => integer.Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
            var real => real.AsReal().ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        Assert.AreEqual(expected, value);
    }

    [TestMethod]
    [DataRow("Ix", "an invalid integer")]
    [DataRow("I", "an invalid integer")]
    [DataRow("Fx", "an invalid number")]
    public Task Load_TextThatIsNoNumber_IsRefused(string line, string reason) =>
        RefusesAsync(new PickleBuilder().Raw([.. System.Text.Encoding.ASCII.GetBytes(line + "\n")]).Stop(), reason);

    [TestMethod]
    public Task Load_IntegerOf300Digits_IsRefused() => RefusesAsync(
        new PickleBuilder().Op('L').Raw([.. System.Text.Encoding.ASCII.GetBytes(new string('1', 300) + "L\n")]).Stop(),
        "an invalid integer");

    [TestMethod]
    public Task Load_LineWithoutEnd_IsRefused() => RefusesAsync(
        new PickleBuilder().Op('I').Raw([.. Enumerable.Repeat((byte)'1', 5000)]).Stop(), "a line has more than 4096 characters");

    [TestMethod]
    public async Task LoadLegacy_Whole_IsRead()
    {
        using var state = await LoadAsync(Legacy(), name: "a.pt");

        CollectionAssert.AreEqual(new byte[] { 1, 2, 3, 4 }, StateComparison.Bytes(state["data"].AsTensor())[..4]);
    }

    [TestMethod]
    [DataRow("magic", "not one of torch.save")]
    [DataRow("no magic", "not one of torch.save")]
    [DataRow("version", "unknown version")]
    [DataRow("version of text", "unknown version")]
    [DataRow("big-endian", "not little-endian")]
    [DataRow("no machine", "not little-endian")]
    [DataRow("no keys", "list of its storages is missing")]
    [DataRow("key of a number", "a storage '7' that no tensor names")]
    [DataRow("unknown key", "a storage 'x' that no tensor names")]
    [DataRow("same key twice", "two storages '0'")]
    [DataRow("missing key", "the storage '0', which does not exist")]
    [DataRow("negative count", "has -1 elements")]
    [DataRow("count beyond the file", "has 5 elements")]
    [DataRow("count of another length", "should have 16 bytes and has 12")]
    public async Task LoadLegacy_Damaged_IsRefused(string damage, string reason)
    {
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a.pt"] = Legacy(damage) });

        var refusal = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync("a.pt", null, CancellationToken.None));

        StringAssert.Contains(refusal.Message, reason);
    }

    /// <summary>A file of torch.save before version 1.6: five pickles, and the storage '0' of four floats with its count.</summary>
    private static byte[] Legacy(string damage = "")
    {
        var magic = (damage == "magic" ? Magic + 1 : Magic).ToByteArray();
        var first = new PickleBuilder().Raw(0x8A, (byte)magic.Length).Raw(magic);
        var version = new PickleBuilder().Integer(damage == "version" ? 1002 : 1001);
        var machine = new PickleBuilder().Op('}').Text("little_endian").Raw((byte)(damage == "big-endian" ? 0x89 : 0x88)).Op('s');
        var keys = new PickleBuilder().Op(']').Op('(');
        keys = damage switch
        {
            "key of a number" => keys.Integer(7),
            "unknown key" => keys.Text("x"),
            "same key twice" => keys.Text("0").Text("0"),
            "missing key" => keys,
            _ => keys.Text("0"),
        };
        var count = damage switch { "negative count" => -1, "count beyond the file" => 5, "count of another length" => 3L, _ => 4 };
        var header = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(header, count);
        byte[] storage = [.. header, .. Enumerable.Range(1, 16).Select(value => (byte)value)];
        return
        [
            .. damage == "no magic" ? new PickleBuilder().Text("magic").Stop() : first.Stop(),
            .. damage == "version of text" ? new PickleBuilder().Text("1001").Stop() : version.Stop(),
            .. damage == "no machine" ? new PickleBuilder().Op(']').Stop() : machine.Stop(),
            .. new PickleBuilder().Tensor(4, 0, [4], [1]).Stop(),
            .. damage == "no keys" ? new PickleBuilder().Op('}').Stop() : keys.Op('e').Stop(),
            .. storage,
            .. damage == "same key twice" ? storage : [],
        ];
    }

    /// <summary>One element at the start of the storage '0' of 16 bytes, with a type of its own.</summary>
    private static PickleBuilder Typed(string module, string name, string storage) =>
        Storage(new PickleBuilder().Global("torch._utils", "_rebuild_tensor_v3").Op('('), storage, 16)
            .Integer(0).Integer(1).Raw(0x85).Integer(1).Raw(0x85).Raw(0x89).Global("collections", "OrderedDict").Op(')').Op('R')
            .Global(module, name).Op('t').Op('R');

    private static PickleBuilder Storage(PickleBuilder pickle, string storage, long count) =>
        pickle.Op('(').Text("storage").Global(storage == "UntypedStorage" ? "torch.storage" : "torch", storage).Text("0").Text("cpu")
            .Integer(count).Op('t').Op('Q');

    private static Task<TrainingState> LoadAsync(byte[] pickle, byte[] data) => LoadAsync(ZipBuilder.Torch(pickle, data));

    private static async Task<TrainingState> LoadAsync(byte[] file, string name = "a.pt")
    {
        await using var io = new TorchCheckpointIO(new MemoryStorage { [name] = file });
        return await io.LoadCheckpointAsync(name, null, CancellationToken.None);
    }

    private static async Task RefusesAsync(byte[] pickle, string reason)
    {
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a.pt"] = ZipBuilder.Torch(pickle, new byte[16]) });
        var refusal = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync("a.pt", null, CancellationToken.None));
        StringAssert.Contains(refusal.Message, reason);
    }
}
