using System.Diagnostics;
using System.IO.Compression;

namespace Fulgurite.Tests.IO.Torch;

/// <summary>Every way in which a pickle attacks whoever loads it: refused, quickly, with little memory, and nothing runs.</summary>
[TestClass]
public sealed class HostilePickleTests
{
    private static readonly string Trace = Path.Combine(Path.GetTempPath(), "fulgurite-payload-ran");

    private static readonly Dictionary<string, (byte[] Pickle, string Reason)> Attacks = new()
    {
        ["os.system by REDUCE"] = (new PickleBuilder().Global("os", "system").Text($"touch {Trace}").Raw(0x85).Op('R').Stop(), "os.system"),
        ["posix.system by REDUCE"] = (
            new PickleBuilder().Global("posix", "system").Text($"touch {Trace}").Raw(0x85).Op('R').Stop(), "posix.system"),
        ["os.system by BUILD"] = (
            new PickleBuilder()
                .Global("torch", "FloatStorage")
                .Op(')')
                .Raw(0x81)
                .Op('}')
                .Text("__setstate__")
                .Global("os", "system")
                .Op('s')
                .Op('b')
                .Stop(),
            "os.system"),
        ["os.system by INST"] = (
            new PickleBuilder().Op('(').Text("touch").Op('i').Raw("os\nsystem\n"u8.ToArray()).Stop(), "instruction 0x69 ('i')"),
        ["os.system by OBJ"] = (
            new PickleBuilder().Op('(').Global("collections", "OrderedDict").Text("touch").Op('o').Stop(), "instruction 0x6F ('o')"),
        ["os.system by STACK_GLOBAL"] = (
            new PickleBuilder().Text("os").Text("system").Raw(0x93).Text("touch").Raw(0x85).Op('R').Stop(), "os.system"),
        ["os.system in a module below"] = (new PickleBuilder().Global("os.path", "join").Op(')').Op('R').Stop(), "os.path.join"),
        ["builtins.eval"] = (new PickleBuilder().Global("builtins", "eval").Text("1").Raw(0x85).Op('R').Stop(), "builtins.eval"),
        ["__builtin__.exec"] = (new PickleBuilder().Global("__builtin__", "exec").Text("1").Raw(0x85).Op('R').Stop(), "__builtin__.exec"),
        ["a dunder"] = (new PickleBuilder().Global("numpy", "__loader__").Stop(), "numpy.__loader__"),
        ["subprocess.Popen"] = (new PickleBuilder().Global("subprocess", "Popen").Op(')').Raw(0x81).Stop(), "subprocess.Popen"),
        ["a nested pickle"] = (
            new PickleBuilder().Global("pickle", "loads").Text("cos\nsystem\n").Raw(0x85).Op('R').Stop(), "pickle.loads"),
        ["a nested torch file"] = (
            new PickleBuilder().Global("torch.storage", "_load_from_bytes").Text("x").Raw(0x85).Op('R').Stop(), "_load_from_bytes"),
        ["an extension code"] = (new PickleBuilder().Raw(0x82, 1).Stop(), "instruction 0x82"),
        ["a persistent id of text"] = (new PickleBuilder().Op('P').Raw("x\n"u8.ToArray()).Stop(), "instruction 0x50 ('P')"),
        ["a call of something that is no name"] = (
            new PickleBuilder().Text("os.system").Op(')').Op('R').Stop(), "the name of a class or function"),
        ["an endless text"] = (new PickleBuilder().Op('X').UInt32(uint.MaxValue).Stop(), "memory besides the tensors"),
        ["a text of 2^63 bytes"] = (new PickleBuilder().Raw(0x8D, 0, 0, 0, 0, 0, 0, 0, 0x80).Stop(), "9223372036854775808"),
        ["bytes past the end"] = (new PickleBuilder().Op('B').UInt32(1 << 20).Stop(), "1048576 bytes are declared"),
        ["a negative length"] = (new PickleBuilder().Op('T').UInt32(0xFFFFFFFF).Stop(), "-1 bytes are declared"),
        ["a huge integer"] = (new PickleBuilder().Raw(0x8B).UInt32(1000).Raw(new byte[1000]).Stop(), "integer of 1000 bytes"),
        ["an unknown memo"] = (new PickleBuilder().Op('j').UInt32(77).Stop(), "memo index 77"),
        ["an empty stack"] = (new PickleBuilder().Op('0').Stop(), "empty stack"),
        ["below the mark"] = (new PickleBuilder().Op(']').Op('(').Op('0').Stop(), "empty stack"),
        ["no mark"] = (new PickleBuilder().Op(']').Op('e').Stop(), "mark"),
        ["no STOP"] = (new PickleBuilder().Op(']').Bytes(), "before its STOP"),
        ["protocol 99"] = (new PickleBuilder().Raw(0x80, 99).Stop(), "protocol 99"),
        ["a key without a value"] = (new PickleBuilder().Op('}').Op('(').Text("a").Op('u').Stop(), "key without a value"),
        ["items of a tuple"] = (new PickleBuilder().Op(')').Text("a").Op('a').Stop(), "not a list"),
        ["a list in itself"] = (new PickleBuilder().Op(']').Op('q').Raw(0).Op('h').Raw(0).Op('a').Stop(), "contains itself"),
        ["an object in itself"] = (
            new PickleBuilder().Global("x", "Y").Op(')').Raw(0x81).Op('q').Raw(0).Op('h').Raw(0).Op('b').Stop(), "contains itself"),
        ["depth"] = (
            new PickleBuilder().Repeat(100_000, pickle => pickle.Op(']')).Repeat(99_999, pickle => pickle.Op('a')).Stop(), "500 levels"),
        ["depth that shows at the end"] = (new PickleBuilder().Repeat(4_000_000, pickle => pickle.Op(']')).Stop(), "500 levels"),
        ["depth within a mark"] = (new PickleBuilder().Op('(').Repeat(4_000_000, pickle => pickle.Op(']')).Op('t').Stop(), "500 levels"),
        ["depth of marks"] = (new PickleBuilder().Repeat(4_000_000, pickle => pickle.Op(']').Op('(')).Stop(), "500 levels"),
        ["depth of tuples"] = (new PickleBuilder().Op(')').Repeat(4_000_000, pickle => pickle.Raw(0x85)).Stop(), "500 levels"),
        ["depth of dictionaries"] = (
            new PickleBuilder().Op('}').Repeat(
                400_000, pickle => pickle.Op('q').Raw(0).Op('0').Op('}').Text("a").Op('h').Raw(0).Op('s')).Stop(),
            "500 levels"),
        ["depth of objects"] = (
            new PickleBuilder().Op(')').Repeat(
                100_000, pickle => pickle.Op('q').Raw(0).Op('0').Global("x", "Y").Op('h').Raw(0).Raw(0x85).Op('R')).Stop(),
            "500 levels"),
        ["depth from the top"] = (
            new PickleBuilder().Op(']').Op('q').Raw(1).Repeat(
                100_000, pickle => pickle.Op(']').Op('q').Raw(0).Op('a').Op('0').Op('h').Raw(0)).Op('h').Raw(1).Stop(),
            "500 levels"),
        ["a frame of 2^60 bytes"] = (
            new PickleBuilder().Raw(0x95, 0, 0, 0, 0, 0, 0, 0, 0x10).Op('}').Stop(), "a frame of 1152921504606846976 bytes"),
        ["a billion laughs"] = (Laughs(), "expand to more than 1000000 values"),
        ["a negative size"] = (new PickleBuilder().Tensor(4, 0, [-1], [1]).Stop(), "size of -1"),
        ["a size of 2^62"] = (new PickleBuilder().Tensor(4, 0, [1L << 62, 8], [8, 1]).Stop(), "does not fit"),
        ["a tensor past its storage"] = (new PickleBuilder().Tensor(4, 1, [4], [1]).Stop(), "does not fit"),
        ["a negative offset"] = (new PickleBuilder().Tensor(4, -1, [1], [1]).Stop(), "does not fit"),
        ["a negative stride"] = (new PickleBuilder().Tensor(4, 3, [4], [-1]).Stop(), "stride of -1"),
        ["a tensor that repeats one element"] = (new PickleBuilder().Tensor(4, 0, [1L << 50], [0]).Stop(), "repeats"),
        ["a storage of 2^61 elements"] = (new PickleBuilder().Tensor(1L << 61, 0, [1], [1]).Stop(), "elements"),
        ["a storage of another length"] = (new PickleBuilder().Tensor(5, 0, [1], [1]).Stop(), "should have 20 bytes and has 16"),
        ["a storage that is missing"] = (Missing(), "there is no entry 'a/data/7'"),
        ["a storage of no type"] = (new PickleBuilder().Tensor(4, 0, [1], [1], "QUInt8Storage").Stop(), "QUInt8"),
        ["a storage class from elsewhere"] = (ForeignStorage(), "storage of the class evil.FloatStorage"),
    };

    public static IEnumerable<object[]> Names => Attacks.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DataRow(null)]
    [DataRow("0")]
    public async Task Load_SharedListsInLists_IsRefusedBeforeItFillsTheMemory(string? only)
    {
        var storage = new MemoryStorage { ["a.pt"] = ZipBuilder.Torch(Laughs(levels: 8)) };
        await using var io = new TorchCheckpointIO(storage);
        var memory = GC.GetAllocatedBytesForCurrentThread();

        var refusal = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync("a.pt", new LoadOptions { Only = only is null ? null : [only] }, CancellationToken.None));

        Assert.Contains("expand to more", refusal.Message);
        Assert.IsLessThan(256L << 20, GC.GetAllocatedBytesForCurrentThread() - memory);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task Load_HostilePickle_IsRefused(string name)
    {
        var (pickle, reason) = Attacks[name];
        var storage = new MemoryStorage { ["a.pt"] = ZipBuilder.Torch(pickle, new byte[16]) };
        await using var io = new TorchCheckpointIO(storage);
        File.Delete(Trace);
        // A pickle is read by the thread that asks, whatever other tests do meanwhile.
        var memory = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();

        var refusal = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync("a.pt", null, CancellationToken.None));

        StringAssert.Contains(refusal.Message, reason);
        StringAssert.Contains(refusal.Message, "'a.pt'");
        Assert.IsLessThan(TimeSpan.FromSeconds(10), watch.Elapsed);
        Assert.IsLessThan(192L << 20, GC.GetAllocatedBytesForCurrentThread() - memory);
        Assert.IsFalse(File.Exists(Trace));
    }

    [TestMethod]
    public async Task Load_BrokenTensorOrValue_NamesItsPath()
    {
        var tensor = await RefusalAsync(
            new PickleBuilder().Op('}').Text("state_dict").Op('}').Text("w").Tensor(4, 0, [2], [-2]).Op('s').Op('s').Stop());
        StringAssert.Contains(tensor.Message, "at 'state_dict.w', a tensor has a stride of -2");
        Assert.AreEqual("state_dict.w", tensor.Tensor);

        var storage = await RefusalAsync(new PickleBuilder().Op('}').Text("w").Tensor(5, 0, [1], [1]).Op('s').Stop());
        StringAssert.Contains(storage.Message, "at 'w', ");
        Assert.AreEqual("w", storage.Tensor);

        var value = await RefusalAsync(
            new PickleBuilder().Op('}').Text(new string('k', 1_000_000)).Op(']').Op('q').Raw(0).Op('h').Raw(0).Op('a').Op('s').Stop());
        StringAssert.Contains(value.Message, "kkk....0', it contains itself");
        Assert.IsNull(value.Tensor);
        Assert.IsLessThan(1000, value.Message.Length);
    }

    [TestMethod]
    [DataRow('}', 13_000_000, true)]
    [DataRow('}', 8_000_000, false)]
    [DataRow(']', 8_000_000, false)]
    [DataRow('K', 13_000_000, true)]
    public async Task Load_MoreValuesThanItsLengthAllows_IsRefusedBeforeTheyFillTheMemory(char opcode, int count, bool isCompressed)
    {
        // In batches, since the stack has a limit of its own.
        const int Batch = 1_000_000;
        byte[] value = opcode == 'K' ? [(byte)opcode, 7] : [(byte)opcode];
        byte[] batch = [(byte)'(', .. Enumerable.Repeat(value, Batch).SelectMany(bytes => bytes), (byte)'e'];
        var pickle = new PickleBuilder().Op(']').Repeat(count / Batch, part => part.Raw(batch));
        var file = ZipBuilder.Zip(
            [("a/data.pkl", pickle.Stop())], isCompressed ? CompressionLevel.SmallestSize : CompressionLevel.NoCompression);
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a"] = file });
        var memory = GC.GetAllocatedBytesForCurrentThread();

        var refusal = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync("a", null, CancellationToken.None));

        StringAssert.Contains(refusal.Message, "MiB of memory besides the tensors");
        Assert.IsLessThan((256L << 20) + (64L * file.Length), GC.GetAllocatedBytesForCurrentThread() - memory);
    }

    [TestMethod]
    [DataRow("code.models", "Net")]
    [DataRow("profile.users", "Profile")]
    [DataRow("trace.model", "Config")]
    [DataRow("numpy.random._pickle", "__randomstate_ctor")]
    [DataRow("numpy.random._pickle", "__generator_ctor")]
    public async Task Load_ClassOfTheUserOrRandomState_IsAPlaceholder(string module, string name)
    {
        var pickle = new PickleBuilder().Op('}').Text("it").Global(module, name).Op(')').Op('R').Op('s').Stop();
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a"] = ZipBuilder.Torch(pickle) });
        using var loaded = await io.LoadCheckpointAsync("a", null, CancellationToken.None);
        Assert.AreEqual($"{module}.{name}", ((StateObject)loaded["it"]).ClassName);
    }

    [TestMethod]
    [DataRow(0x81, "copyreg.__newobj__")]
    [DataRow((int)'R', "operator.call")]
    public async Task Load_ObjectOfAClassInsideAClass_IsAPlaceholderAndWrittenBack(int opcode, string expected)
    {
        var pickle = new PickleBuilder()
            .Op('}')
            .Text("it")
            .Global("__builtin__", "getattr")
            .Global("model", "Net")
            .Text("Config")
            .Raw(0x86)
            .Op('R')
            .Integer(7).Raw(0x85).Raw((byte)opcode).Op('}').Text("a").Integer(1).Op('s').Op('b').Op('s').Stop();
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a"] = ZipBuilder.Torch(pickle) });
        using var loaded = await io.LoadCheckpointAsync("a", null, CancellationToken.None);
        await io.SaveCheckpointAsync(loaded, "b", null, CancellationToken.None);
        using var again = await io.LoadCheckpointAsync("b", null, CancellationToken.None);
        foreach (var state in new[] { loaded, again })
        {
            var made = (StateObject)state["it"];
            Assert.AreEqual(expected, made.ClassName);
            var nested = (StateObject)made.Arguments[0];
            Assert.AreEqual("model.Net", ((StateObject)nested.Arguments[0]).ClassName);
            Assert.AreEqual("Config", nested.Arguments[1].AsText());
            Assert.AreEqual(7, made.Arguments[1].AsInteger());
            Assert.AreEqual(1, made.State.AsMap()["a"].AsInteger());
        }
    }

    [TestMethod]
    [DataRow("__globals__")]
    [DataRow("_load")]
    public async Task Load_CallOfWhatIsGotFromAClass_IsRefusedForNamesThatAreNotPublic(string name)
    {
        var pickle = new PickleBuilder()
            .Global("builtins", "getattr")
            .Global("model", "Net")
            .Text(name)
            .Raw(0x86)
            .Op('R')
            .Op(')')
            .Op('R')
            .Stop();
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a"] = ZipBuilder.Torch(pickle) });
        await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(() => io.LoadCheckpointAsync("a", null, CancellationToken.None));
    }

    [TestMethod]
    public async Task Load_SetOfANewerProtocol_IsMadeOfItsMembers()
    {
        var pickle = new PickleBuilder().Raw(0x8F).Op('(').Integer(1).Integer(2).Raw(0x90).Stop();
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a"] = ZipBuilder.Torch(pickle) });
        using var loaded = await io.LoadCheckpointAsync("a", null, CancellationToken.None);
        var set = (StateObject)loaded["data"];
        Assert.AreEqual("builtins.set", set.ClassName);
        Assert.AreEqual(StateObjectForm.Call, set.Form);
        Assert.AreEqual(StateValue.Null, set.Items, "Python's set has no append.");
        Assert.AreEqual(2, set.Arguments[0].AsList().Count);
    }

    [TestMethod]
    [DataRow("code", "interact")]
    [DataRow("profile", "run")]
    [DataRow("code", "models.Net")]
    [DataRow("os.path", "join")]
    [DataRow("numpy.random._pickle", "__import__")]
    [DataRow("numpy.random._pickle.x", "__generator_ctor")]
    public async Task Load_NameThatOnlyAttacksNeed_IsRefused(string module, string name)
    {
        var pickle = new PickleBuilder().Op('}').Text("it").Global(module, name).Op(')').Op('R').Op('s').Stop();
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a"] = ZipBuilder.Torch(pickle) });
        var refusal = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync("a", null, CancellationToken.None));
        StringAssert.Contains(refusal.Message, name);
    }

    [TestMethod]
    public async Task Load_MemoOfManyPlaces_KeepsToItsMemory()
    {
        // Five bytes of pickle a place: the memo, not the file, is what grows.
        var pickle = new PickleBuilder().Op(']');
        for (var place = 0u; place < 200_000; place++)
        {
            pickle.Op('r').UInt32(place * 20_011);
        }

        var storage = new MemoryStorage { ["a.pt"] = ZipBuilder.Torch(pickle.Stop()) };
        await using var io = new TorchCheckpointIO(storage);
        var memory = GC.GetAllocatedBytesForCurrentThread();

        using var state = await io.LoadCheckpointAsync("a.pt", null, CancellationToken.None);

        Assert.IsEmpty(state["data"].AsList());
        Assert.IsLessThan(64L << 20, GC.GetAllocatedBytesForCurrentThread() - memory);
    }

    private static async Task<CheckpointCorruptException> RefusalAsync(byte[] pickle)
    {
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a"] = ZipBuilder.Torch(pickle, new byte[16]) });
        return await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync("a", null, CancellationToken.None));
    }

    /// <summary>Thirty lists of ten times the one before.</summary>
    private static byte[] Laughs(int levels = 30)
    {
        var pickle = new PickleBuilder().Op(']').Op('q').Raw(0);
        for (byte level = 1; level < levels; level++)
        {
            var below = (byte)(level - 1);
            pickle.Op(']').Op('(').Repeat(10, part => part.Op('h').Raw(below)).Op('e').Op('q').Raw(level);
        }

        return pickle.Stop();
    }

    private static byte[] Missing() =>
        new PickleBuilder()
            .Global("torch._utils", "_rebuild_tensor")
            .Op('(')
            .Op('(')
            .Text("storage")
            .Global("torch", "FloatStorage")
            .Text("7")
            .Text("cpu")
            .Integer(4)
            .Op('t')
            .Op('Q')
            .Integer(0).Integer(1).Raw(0x85).Integer(1).Raw(0x85).Op('t').Op('R').Stop();

    private static byte[] ForeignStorage() =>
        new PickleBuilder()
            .Global("torch._utils", "_rebuild_tensor")
            .Op('(')
            .Op('(')
            .Text("storage")
            .Global("evil", "FloatStorage")
            .Text("0")
            .Text("cpu")
            .Integer(4)
            .Op('t')
            .Op('Q')
            .Integer(0).Integer(1).Raw(0x85).Integer(1).Raw(0x85).Op('t').Op('R').Stop();
}
