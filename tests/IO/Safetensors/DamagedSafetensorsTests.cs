using System.Text;

namespace Fulgurite.Tests.IO.Safetensors;

[TestClass]
public class DamagedSafetensorsTests
{
    [TestMethod]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "extra data")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "truncated")]
    [DataRow(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "overlap")]
    [DataRow(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "gaps")]
    [DataRow(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8,
        "two entries")]
    [DataRow("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "negative")]
    [DataRow(
        """{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0,
        "entry 'a' of shape [4611686018427387904, 4] is larger than any memory")]
    [DataRow("""{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}}""", 4, "too large")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "needs 4 bytes")]
    [DataRow("""{"a":{"dtype":"F 32","shape":[1],"data_offsets":[0,4]}}""", 4, "'F 32'")]
    [DataRow("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,4]}}""", 4, "needs 2 bytes")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "needs dtype, shape")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}""", 4, "field 'x'")]
    [DataRow("""{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", 4, "not a number")]
    [DataRow("""{"__metadata__":{"fulgurite":"{\"version\":2,\"state\":{}}"}}""", 0, "written by a newer version")]
    [DataRow(
        """{"__metadata__":{"fulgurite":"{\"version\":1,\"state\":{}}"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4,
        "has the entry 'w'")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[-0,4]}}""", 4, "negative")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}""", 4, "its JSON is invalid (line 1, byte ")]
    [DataRow("""{"a":5}""", 0, "StartObject")]
    [DataRow("""{"__metadata__":{"a":1}}""", 0, "String")]
    [DataRow("""[1]""", 0, "unknown format")]
    [DataRow("""{"a":""", 0, "its JSON is invalid (line 1, byte ")]
    [DataRow("""{} {}""", 0, "its JSON is invalid (line 1, byte ")]
    [DataRow("""{"__metadata__":{"fulgurite":"{\"state\":{\"w\":{\"$tensor\":\"none\"}}}"}}""", 0, "which does not exist")]
    [DataRow(
        """{"__metadata__":{"fulgurite":"{\"state\":{\"w\":{\"$tensor\":\"a\",\"dtype\":\"F32\",\"shape\":[3],\"strides\":[1],"""
            + """\"offset\":0}}}"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
        4, "at 'w', the tensor 'a' of shape [3], strides [1] and offset 0 does not fit its entry of 4 bytes")]
    [DataRow(
        """{"__metadata__":{"fulgurite":"{\"state\":{\"w\":{\"$tensor\":\"a\",\"dtype\":\"F32\",\"shape\":[1125899906842624],"""
            + """\"strides\":[0],\"offset\":0}}}"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
        4, "repeats")]
    [DataRow("""{"__metadata__":{"fulgurite":"{\"state\":{\"w\":{\"$unknown\":1}}}"}}""", 0, "$unknown")]
    [DataRow("""{"__metadata__":{"fulgurite":"{\"state\":{\"w\":99999999999999999999}}"}}""", 0, "64 bits")]
    [DataRow("""{"__metadata__":{"fulgurite":"{\"state\":[]}"}}""", 0, "not a map")]
    [DataRow("""{"__metadata__":{"fulgurite":"nonsense"}}""", 0, "its JSON is invalid (line 1, byte ")]
    public void Load_BrokenRule_IsRefused(string header, int dataLength, string reason) => Refuses(File(header, dataLength), reason);

    [TestMethod]
    [DataRow("""{"a":{"b":[1,"\ud800"]}}""", "at 'a.b.1', it has a text that is not valid Unicode")]
    [DataRow("""{"\ud800":1}""", "it has a text that is not valid Unicode")]
    [DataRow("""{"w":{"$\ud800aaaaa":"a"}}""", "at 'w', it has a text that is not valid Unicode")]
    [DataRow("""{"w":{"$tensor":"\ud800"}}""", "at 'w', it has a text that is not valid Unicode")]
    [DataRow("""{"w":{"$tensor":"a","\ud800":1}}""", "at 'w', it has a text that is not valid Unicode")]
    [DataRow("""{"w":{"$bytes":"\ud800aaa"}}""", "at 'w', it has a text that is not valid Unicode")]
    [DataRow("""{"w":{"$utf16":"\ud800aaa"}}""", "at 'w', it has a text that is not valid Unicode")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F32","shape":[-2],"strides":[1]}}""", "shape [-2], strides [1] and offset 0 does not fit")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F32","shape":[2],"strides":[-1],"offset":1}}""", "strides [-1] and offset 1 does not fit")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F32","shape":[1],"strides":[1,1]}}""", "strides [1, 1] and offset 0 does not fit")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F32","shape":[4611686018427387904,8]}}""", "and offset 0 does not fit its entry of 4 bytes")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F32","shape":[1e3]}}""", "at 'w', the state has a size or an offset that is not an integer")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F32","shape":[1],"offset":0.5}}""", "a size or an offset that is not an integer")]
    [DataRow("""{"w":{"$object":"A","form":5}}""", "at 'w', the state has Number where a text is expected")]
    [DataRow("""{"w":{"$object":"A","form":"5"}}""", "the object 'A' of the state has an unknown form")]
    [DataRow("""{"w":{"$object":"A"}}""", "at 'w', the state has EndObject where a text is expected")]
    [DataRow("""{"w":{"$object":"A","arguments":5}}""", "at 'w', the object 'A' of the state has arguments that are not a list")]
    [DataRow("""{"w":{"$map":[[1.5,1]]}}""", "neither a string nor an integer")]
    [DataRow("""{"w":{"$map":[["a",1,2]]}}""", "a pair of more than two items")]
    [DataRow("""{"w":{"$map":[["a",1],["a",2]]}}""", "the key 'a' twice")]
    [DataRow("""{"w":1,"w":2}""", "the key 'w' twice")]
    [DataRow("""{"w":{"$real":"1","more":1}}""", "unexpected properties next to '$real'")]
    [DataRow("""{"w":{"$real":1}}""", "unknown property '$real'")]
    [DataRow("""{"w":[{"$real":"much"}]}""", "at 'w.0', the state has the invalid number 'much'")]
    [DataRow("""{"w":{"$utf16":"YQ=="}}""", "UTF-16 string of odd length")]
    [DataRow("""{"w":{"$utf16":1}}""", "unknown property '$utf16'")]
    [DataRow("""{"w":{"$bytes":1}}""", "unknown property '$bytes'")]
    [DataRow("""{"w":{"$bytes":"?"}}""", "at 'w', the state has bytes that are not valid Base64")]
    [DataRow("""{"w":{"$tuple":1}}""", "unknown property '$tuple'")]
    [DataRow("""{"w":{"$map":1}}""", "unknown property '$map'")]
    [DataRow("""{"w":{"$tensor":1}}""", "unknown property '$tensor'")]
    [DataRow("""{"w":{"$tensor":"a","dtype":1}}""", "the tensor 'a' of the state has the unknown property 'dtype'")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F32","shape":1}}""", "unknown property 'shape'")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F32","shape":[1],"strides":1}}""", "unknown property 'strides'")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F32","shape":[1],"offset":"1"}}""", "unknown property 'offset'")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F32","shape":[1],"colour":1}}""", "unknown property 'colour'")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F32"}}""", "the tensor 'a' of the state has no shape")]
    [DataRow("""{"w":{"$tensor":"a","dtype":"F99","shape":[1]}}""", "a tensor of the type 'F99'")]
    [DataRow("""{"w":{"$object":"A","form":"Odd","arguments":[],"state":null,"items":null}}""", "unknown form")]
    [DataRow("""{"w":{"$object":"A","form":"Call","arguments":[],"state":null,"more":null}}""", "unknown property 'more'")]
    [DataRow("""{"w":{"$object":1}}""", "at 'w', the state has an object whose class is not a text")]
    [DataRow("""{"w":[1""", "at 'w', its JSON is invalid (line 1, byte ")]
    public void Load_BrokenState_IsRefused(string state, string reason)
    {
        var description = System.Text.Json.JsonSerializer.Serialize($$$"""{"version":1,"state":{{{state}}}}""");
        Refuses(
            File($$$"""{"__metadata__":{"fulgurite":{{{description}}}},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4),
            reason);
    }

    [TestMethod]
    [DataRow(100L, 50)]
    [DataRow(100_000_001L, 100_000_100)]
    public async Task Load_HeaderTooLong_IsRefusedByItsLength(long declared, int length)
    {
        // A file with a hole.
        using var directory = new TemporaryDirectory();
        await using (var file = System.IO.File.Create(directory["a"]))
        {
            file.Write([.. BitConverter.GetBytes(declared), (byte)'{']);
            file.SetLength(length);
        }

        await using var io = new SafetensorsCheckpointIO();
        var refusal = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync(directory["a"], null, CancellationToken.None));
        Assert.Contains($"its header declares {declared} bytes; the file has {length}", refusal.Message);
    }

    [TestMethod]
    public void Load_TensorOf65Dimensions_IsRefused()
    {
        var shape = string.Join(',', Enumerable.Repeat(1, 65));
        Load_BrokenState_IsRefused($$$"""{"w":{"$tensor":"a","dtype":"F32","shape":[{{{shape}}}]}}""", "more than 64 dimensions");
    }

    [TestMethod]
    [DataRow("""{"version":"1","state":{}}""", "a newer version")]
    [DataRow("""{"version":1.5,"state":{}}""", "a newer version")]
    [DataRow("""{"version":1}""", "declares a state, but the file contains none")]
    [DataRow("""{"other":{"state":{}},"version":1}""", "declares a state, but the file contains none")]
    [DataRow("""{"state":{"a":1},"version":9}""", "a newer version")]
    [DataRow("""{"state":{"a":1},"version":1,"state":{}}""", "two states")]
    [DataRow("""{"state":{}} {}""", "its JSON is invalid (line 1, byte ")]
    [DataRow("""{""", "its JSON is invalid (line 1, byte ")]
    public void Load_BrokenDescription_IsRefused(string description, string reason) => Refuses(
        File($$$"""{"__metadata__":{"fulgurite":{{{System.Text.Json.JsonSerializer.Serialize(description)}}}}}""", 0), reason);

    [TestMethod]
    public void Load_BrokenTensorOfAState_NamesItInShort()
    {
        var key = new string('k', 4_000_000);
        var file = (string name) => File(
            $$$"""{"__metadata__":{"fulgurite":"{\"state\":{\"{{{name}}}\":[{\"$tensor\":\"none\"}]}}"}}""", 0);

        Assert.AreEqual("layer.0", Refuses(file("layer"), "at 'layer.0', the state refers to the entry 'none'").Tensor);
        Assert.IsLessThan(1000, Refuses(file(key), "kkk....0', the state refers to the entry 'none'").Message.Length);
        Assert.IsNull(Refuses(File("""{"__metadata__":{"fulgurite":"{\"state\":{\"w\":{\"$unknown\":1}}}"}}""", 0), "at 'w'").Tensor);
    }

    [TestMethod]
    [DataRow("""{"__metadata__":{"a":"1","a":"2"}}""", "the metadata has two values 'a'")]
    [DataRow("""{"__metadata__":{"fulgurite":"{}","fulgurite":"{}"}}""", "two values 'fulgurite'")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", "needs dtype, shape and two data_offsets")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}""", "needs dtype, shape and two data_offsets")]
    [DataRow("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "a field 'dtype' that is not allowed")]
    [DataRow("""{"__metadata__":{"\ud800":"1"}}""", "not valid Unicode")]
    [DataRow("""{"__metadata__":{"fulgurite":"\ud800"}}""", "not valid Unicode")]
    [DataRow("""{"a":{"\ud800":"F32","shape":[1],"data_offsets":[0,4]}}""", "not valid Unicode")]
    [DataRow("""{"a":{"dtype":"\ud800","shape":[1],"data_offsets":[0,4]}}""", "not valid Unicode")]
    [DataRow("""{"a":{"dtype":"","shape":[1],"data_offsets":[0,4]}}""", "not a valid type name")]
    public void Load_BrokenHeader_IsRefused(string header, string reason) => Refuses(File(header, 4), reason);

    [TestMethod]
    public void Load_MetadataOnly_IsRead()
    {
        using var state = Load(File("""{"__metadata__":{"format":"pt"}}""", 0));

        Assert.AreEqual("pt", state["__metadata__"].AsMap()["format"].AsText());
    }

    [TestMethod]
    public async Task Load_EmptyTensorOfHugeSizes_IsRead()
    {
        var file = File("""{"a":{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}""", 0);
        await using var io = new SafetensorsCheckpointIO(new MemoryStorage { ["a"] = file });

        using var state = await io.LoadCheckpointAsync("a", null, CancellationToken.None);

        Assert.AreEqual("Float32 tensor [4611686018427387904, 4, 0]", state["a"].ToString());
    }

    [TestMethod]
    public void Load_HeaderLengthOf2To63_IsRefused() => Refuses([0, 0, 0, 0, 0, 0, 0, 0x80, (byte)'{', (byte)'}'], "9223372036854775808");

    [TestMethod]
    public void Load_HeaderLongerThanAllowed_IsRefused() =>
        Refuses([.. BitConverter.GetBytes(100_000_001L), (byte)'{', .. new byte[64]], "100000001");

    [TestMethod]
    public async Task Load_ShapeOfManyDimensionsAndALongName_IsRefusedInBoundedMemory()
    {
        var shape = string.Join(',', Enumerable.Repeat('0', 4_000_000));
        var name = new string('n', 4_000_000);
        var file = File($"{{\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{shape}],\"data_offsets\":[0,4]}}}}", 4);
        await using var io = new SafetensorsCheckpointIO(new MemoryStorage { ["a"] = file });
        var before = GC.GetAllocatedBytesForCurrentThread();
        var failure = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync("a", null, CancellationToken.None));
        Assert.IsLessThan(10_000, failure.Message.Length);
        Assert.IsLessThan(10L * file.Length, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void Load_TooShort_IsRefused() => Refuses([1, 2, 3], "unknown format");

    [TestMethod]
    public void Load_DeepTree_IsRefused()
    {
        var depth = 5000;
        var tree = string.Concat(Enumerable.Repeat("[", depth)) + string.Concat(Enumerable.Repeat("]", depth));
        Refuses(File($$$"""{"__metadata__":{"fulgurite":"{\"state\":{\"w\":{{{tree}}}}}"}}""", 0), "levels deep");
    }

    [TestMethod]
    public void Load_FlippedBitInATensor_NamesFileTensorAndOffset()
    {
        var (file, place) = Saved();
        file[place + 9] ^= 1;

        var refusal = Refuses(file, "the tensor 'state_dict.weight'");

        Assert.AreEqual("state_dict.weight", refusal.Tensor);
        Assert.AreEqual(place, refusal.Offset);
    }

    [TestMethod]
    public void Load_FlippedBitInTheHeader_IsFound()
    {
        var (file, _) = Saved();
        file[file.AsSpan().IndexOf("epoch"u8)] ^= 1;

        Refuses(file, "checksum of its header");
    }

    [TestMethod]
    public void Load_CutOffAnywhere_IsRefused()
    {
        var (file, _) = Saved();
        for (var length = 0; length < file.Length; length += 61)
        {
            Refuses(file[..length], string.Empty);
        }
    }

    [TestMethod]
    public void Load_AnyBitFlipped_IsRefusedOrChangesNothing()
    {
        var (file, _) = Saved();
        using var expected = Load(file);
        var refused = 0;
        for (var bit = 0; bit < file.Length * 8; bit += 3)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                using var state = Load(file);
                StateComparison.AreEqual(expected.Root, state.Root);
            }
            catch (CheckpointCorruptException)
            {
                refused++;
            }

            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.IsGreaterThan(file.Length * 8 / 3 * 9 / 10, refused);
    }

    private static byte[] File(string header, int dataLength)
    {
        var bytes = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((long)bytes.Length), .. bytes, .. new byte[dataLength]];
    }

    private static (byte[] File, int Place) Saved()
    {
        var storage = new MemoryStorage();
        var tensor = StateSamples.Tensor(ScalarType.Float32, 5, 64);
        using var state = new TrainingState(new StateMap { { "epoch", 1 }, { "state_dict", new StateMap { { "weight", tensor } } } });
        new SafetensorsCheckpointIO(storage).SaveCheckpointAsync(state, "a", null, CancellationToken.None).GetAwaiter().GetResult();
        return (storage["a"], storage["a"].AsSpan().IndexOf(StateComparison.Bytes(tensor)));
    }

    private static TrainingState Load(byte[] file) =>
        new SafetensorsCheckpointIO(new MemoryStorage { ["a"] = file })
            .LoadCheckpointAsync("a", null, CancellationToken.None)
            .GetAwaiter()
            .GetResult();

    private static CheckpointCorruptException Refuses(byte[] file, string reason)
    {
        var refusal = Assert.ThrowsExactly<CheckpointCorruptException>(() => Load(file));
        StringAssert.Contains(refusal.Message, reason);
        StringAssert.Contains(refusal.Message, "'a'");
        return refusal;
    }
}
