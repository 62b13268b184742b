using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Fulgurite.Tests.IO.Torch;

namespace Fulgurite.Tests.IO;

/// <summary>
/// A hundred small files that are built to cost time or memory: ten kinds in ten variants. Each is refused or loaded, within a time limit
/// and with memory in proportion to its length.
/// </summary>
[TestClass]
public sealed class CostlyFilesTests
{
    private const int Variants = 10;

    /// <summary>So many that a table in which all collide exceeds the time.</summary>
    private const int MostKeys = 100_000;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<string, Func<int, byte[]>> Kinds = new()
    {
        ["pickle keys that collide"] = variant => Torch(Keys(index => Colliding(index, variant))),
        ["pickle keys that wrap"] = variant => Torch(Keys(index => unchecked(index * long.MaxValue / (variant + 1)))),
        ["pickle memo far apart"] = variant =>
            Torch(new PickleBuilder().Op(']').Counted(20_000, (pickle, index) => pickle.Op('r').UInt32(unchecked((uint)index << variant)))),
        ["pickle nested by turns"] = variant =>
            Torch(new PickleBuilder().Repeat(50_000, pickle => pickle.Op("](}("[variant % 4]).Op("]}(]"[variant % 3]))),
        ["pickle with a length of 2^n"] = variant =>
            Torch(new PickleBuilder().Raw(0x95).Raw(BitConverter.GetBytes(1L << (20 + (4 * variant)))).Op('}')),
        ["pickle with a tensor of 2^n"] = variant =>
            Torch(new PickleBuilder().Tensor(4, variant % 3, [1L << (6 * variant), 1L << variant], [variant, 0])),
        ["zip of zeros"] = variant => ZipBuilder.Zip(
            [("a/data.pkl", new PickleBuilder().Op('}').Stop()), ("a/data/0", new byte[(variant + 1) << 20])],
            CompressionLevel.SmallestSize),
        ["safetensors keys that collide"] = variant =>
            Tree($"{{\"$map\":[{Joined(MostKeys, index => $"[{Text(Colliding(index, variant))},null]")}]}}"),
        ["safetensors nested by turns"] = variant =>
            Tree(string.Concat(Enumerable.Repeat(variant % 2 == 0 ? "[" : "{\"a\":", 20_000 * (variant + 1)))),
        ["safetensors with many entries"] = variant => Header($"{{{Joined(20_000, index => Entry(index, variant))}}}"),
    };

    public static IEnumerable<object[]> Inputs =>
        Kinds.Keys.SelectMany(kind => Enumerable.Range(0, Variants), (kind, variant) => new object[] { kind, variant });

    [TestMethod]
    [DynamicData(nameof(Inputs))]
    public async Task Load_CostlyFile_StaysWithinBounds(string kind, int variant)
    {
        var file = Kinds[kind](variant);
        var storage = new MemoryStorage { ["a"] = file };
        await using CheckpointIO io = kind.StartsWith("safetensors", StringComparison.Ordinal)
            ? new SafetensorsCheckpointIO(storage)
            : new TorchCheckpointIO(storage);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        try
        {
            using var state = await io.LoadCheckpointAsync("a", null, CancellationToken.None);
        }
        catch (CheckpointCorruptException refusal)
        {
            Assert.IsFalse(kind.Contains("keys", StringComparison.Ordinal), refusal.Message);
            Assert.IsLessThan(10_000, refusal.Message.Length);
        }

        Assert.IsLessThan(Longest, watch.Elapsed);
        Assert.IsLessThan((64L << 20) + (20L * file.Length), GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public async Task Load_AMillionEntries_StaysWithinBounds()
    {
        var file = Header($"{{{Joined(1_000_000, index => Entry(index, 0))}}}");
        await using var io = new SafetensorsCheckpointIO(new MemoryStorage { ["a"] = file });
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();

        using var state = await io.LoadCheckpointAsync("a", null, CancellationToken.None);

        Assert.HasCount(1_000_000, state.Root);
        Assert.IsLessThan(2 * Longest, watch.Elapsed);
        Assert.IsLessThan((64L << 20) + (20L * file.Length), GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    [DataRow(400_000, CompressionLevel.NoCompression)]
    [DataRow(240_000, CompressionLevel.Optimal)]
    public async Task Load_AsManyTensorsOfPyTorchAsAnAdamOfALargeModelHas_IsNotRefused(int count, CompressionLevel compression)
    {
        var memo = 5u;
        var pickle = new PickleBuilder().Op('}').Global("torch._utils", "_rebuild_tensor_v2").Op('q').Raw(0).Op('0')
            .Text("storage").Op('q').Raw(1).Op('0').Global("torch", "FloatStorage").Op('q').Raw(2).Op('0')
            .Text("cpu").Op('q').Raw(3).Op('0').Global("collections", "OrderedDict").Op('q').Raw(4).Op('0');
        for (var index = 0; index < count; index++)
        {
            Put(pickle.Text($"model.layers.{index}.block.weight"));
            Put(pickle.Raw((byte)'h', 0, (byte)'(', (byte)'(', (byte)'h', 1, (byte)'h', 2).Text("0")).Raw((byte)'h', 3, (byte)'K', 1);
            Put(pickle.Op('t')).Op('Q').Raw((byte)'K', 0);
            Put(pickle.Raw((byte)'K', 1, 0x85));
            Put(pickle.Raw((byte)'K', 1, 0x85)).Raw(0x89);
            Put(pickle.Raw((byte)'h', 4).Op(')').Op('R'));
            Put(pickle.Op('t'));
            Put(pickle.Op('R')).Op('s');
        }

        var file = ZipBuilder.Zip([("a/data.pkl", pickle.Stop()), ("a/data/0", new byte[4])], compression);
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a"] = file });
        using var state = await io.LoadCheckpointAsync("a", null, CancellationToken.None);

        Assert.HasCount(count, state.Root);

        PickleBuilder Put(PickleBuilder value) => value.Op('r').UInt32(memo++);
    }

    [TestMethod]
    public async Task Load_LargeListUsedSeveralTimes_IsNotRefused()
    {
        const int count = 1_200_000;
        byte[] items = [.. Enumerable.Repeat(new byte[] { (byte)'K', 7 }, count).SelectMany(item => item)];
        var pickle = new PickleBuilder().Op(']').Op('(').Op(']').Op('q').Raw(0).Op('(').Raw(items).Op('e')
            .Raw((byte)'h', 0, (byte)'h', 0).Op('e');
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a"] = ZipBuilder.Torch(pickle.Stop()) });

        using var state = await io.LoadCheckpointAsync("a", null, CancellationToken.None);

        Assert.HasCount(3, state["data"].AsList());
        Assert.HasCount(count, state["data"].AsList()[2].AsList());
    }

    [TestMethod]
    public void Inputs_AreAHundred() => Assert.AreEqual(100, Inputs.Count());

    private static byte[] Torch(PickleBuilder pickle) => ZipBuilder.Torch(pickle.Stop(), new byte[16]);

    private static PickleBuilder Keys(Func<long, long> key) => new PickleBuilder()
        .Op('}')
        .Op('(')
        .Counted(MostKeys, (pickle, index) => pickle.Raw(0x8A, 8).Raw(BitConverter.GetBytes(key(index))).Op('N'))
        .Op('u');

    /// <summary>Returns the key of an index; all keys have the same hash in a table that does not seed it.</summary>
    private static long Colliding(long index, int variant) => ((index ^ variant) << 32) | index;

    private static string Entry(long index, int variant)
    {
        var size = variant < 5 ? 0 : 1L << (6 * variant);
        return $"\"{Text(index)}\":{{\"dtype\":\"F{Text(8 << (variant % 4))}\",\"shape\":[{Text(size)}],\"data_offsets\":[0,0]}}";
    }

    private static byte[] Tree(string state)
    {
        var description = $"{{\"version\":1,\"state\":{{\"a\":{state}}}}}".Replace("\"", "\\\"", StringComparison.Ordinal);
        return Header($"{{\"__metadata__\":{{\"fulgurite\":\"{description}\"}}}}");
    }

    private static byte[] Header(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        return [.. BitConverter.GetBytes((long)bytes.Length), .. bytes];
    }

    private static string Joined(int count, Func<long, string> item) =>
        string.Join(',', Enumerable.Range(0, count).Select(index => item(index)));

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
