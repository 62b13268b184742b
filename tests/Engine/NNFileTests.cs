using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

/// <summary>TorchSharp's own file of a module: count, then name, type, rank, dimensions and bytes of each entry.</summary>
[TestClass]
public class NNFileTests
{
    [TestMethod]
    public void Save_OfSmallModule_WritesTheseBytes()
    {
        using var scope = NewDisposeScope();
        using var linear = nn.Linear(2, 1);
        linear.load_state_dict(new() { ["weight"] = tensor(new[] { 1f, -2f }).reshape(1, 2), ["bias"] = tensor(new[] { 0.5f }) });
        using var stream = new MemoryStream();
        linear.save(new BinaryWriter(stream));

        byte[] expected =
        [
            2,
            6, .. "weight"u8, 6, 2, 1, 2, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0,
            4, .. "bias"u8, 6, 1, 1, 0, 0, 0, 0x3f,
        ];
        CollectionAssert.AreEqual(expected, stream.ToArray());
    }

    [TestMethod]
    public void Load_OfWhatWasSaved_GivesTheSameValues()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var source = nn.Sequential(nn.Linear(3, 200), nn.BatchNorm1d(200));
        source.call(randn(4, 3));
        using var target = nn.Sequential(nn.Linear(3, 200), nn.BatchNorm1d(200));
        using var stream = new MemoryStream();
        source.save(new BinaryWriter(stream));
        stream.Position = 0;
        var loaded = new Dictionary<string, bool>(StringComparer.Ordinal);
        target.load(new BinaryReader(stream), loadedParameters: loaded);

        Assert.AreEqual(stream.Length, stream.Position);
        Assert.HasCount(7, loaded);
        foreach (var (name, value) in source.state_dict())
        {
            Assert.IsTrue(value.eq(target.state_dict()[name]).all().item<bool>(), name);
        }
    }

    [TestMethod]
    public void Load_OfOtherModule_IsRefusedOrSkipped()
    {
        using var scope = NewDisposeScope();
        using var source = nn.Sequential(("a", nn.Linear(2, 2)), ("b", nn.Linear(2, 2)));
        using var other = nn.Sequential(("b", nn.Linear(2, 2)), ("c", nn.Linear(2, 2)));
        using var smaller = nn.Sequential(("a", nn.Linear(2, 2)));
        using var wider = nn.Sequential(("a", nn.Linear(3, 2)), ("b", nn.Linear(2, 2)));
        using var stream = new MemoryStream();
        source.save(new BinaryWriter(stream));
        Load(() => Assert.ThrowsExactly<ArgumentException>(() => other.load(new BinaryReader(stream))));
        Load(() => Assert.ThrowsExactly<ArgumentException>(() => smaller.load(new BinaryReader(stream))));
        Load(() => Assert.ThrowsExactly<ArgumentException>(() => wider.load(new BinaryReader(stream))));

        var before = other.get_parameter("c.weight")!.clone();
        Load(() => other.load(new BinaryReader(stream), strict: false, skip: ["b.bias"]));
        Assert.IsTrue(other.get_parameter("b.weight")!.allclose(source.get_parameter("b.weight")!));
        Assert.IsFalse(other.get_parameter("b.bias")!.allclose(source.get_parameter("b.bias")!));
        Assert.IsTrue(other.get_parameter("c.weight")!.allclose(before));

        void Load(Action load)
        {
            stream.Position = 0;
            load();
        }
    }

    [TestMethod]
    public void SaveAndLoad_ByPath_SkipsAndFindsNoFile()
    {
        var path = Path.Combine(Path.GetTempPath(), $"module-{Guid.NewGuid():N}.dat");
        try
        {
            using var scope = NewDisposeScope();
            using var source = nn.Linear(3, 4);
            using var target = nn.Linear(3, 4);
            source.save(path, skip: ["bias"]);
            Assert.ThrowsExactly<ArgumentException>(() => target.load(path));
            target.load(path, strict: false);
            Assert.IsTrue(target.weight.allclose(source.weight));
            Assert.ThrowsExactly<FileNotFoundException>(() => target.load(path + ".none"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void Save_OfTensorTypes_LoadsThemAgain()
    {
        using var scope = NewDisposeScope();
        Tensor[] tensors =
        [
            tensor(new byte[] { 1, 255 }), tensor(new[] { -1L, 1L << 40 }), tensor(new[] { true, false }), tensor(2.5), randn(130, 3).t(),
            tensor(new[] { 1.5f, -3f }).to(ScalarType.BFloat16), zeros(0, 4),
        ];
        foreach (var value in tensors)
        {
            using var stream = new MemoryStream();
            value.contiguous().Save(new BinaryWriter(stream));
            stream.Position = 0;
            var read = TensorExtensionMethods.Load(new BinaryReader(stream));
            Assert.AreEqual(value.dtype, read.dtype);
            CollectionAssert.AreEqual(value.shape, read.shape);
            Assert.IsTrue(value.eq(read).all().item<bool>(), value.dtype.ToString());
        }
    }
}
