using System.Globalization;
using System.IO.Compression;
using Fulgurite.Tests.IO.Torch;
using TorchSharp;
using TorchSharp.PyBridge;

namespace Fulgurite.Tests.IO;

/// <summary>Compressed files: those of another library, and the memory of the process for hostile ones, native memory included.</summary>
[TestClass]
[DoNotParallelize]
public sealed class InflatedMemoryTests
{
    private const int Free = 64 << 20;

    [TestMethod]
    public async Task Load_FileOfPyBridge_HasTheWeights()
    {
        using var directory = new TemporaryDirectory();
        using var module = nn.Sequential(("first", nn.Linear(17, 5)), ("second", nn.Linear(5, 3)));
        module.save_py(directory["a.pt"]);
        using (var zip = ZipFile.OpenRead(directory["a.pt"]))
        {
            Assert.IsTrue(zip.Entries.Any(entry => entry.CompressedLength != entry.Length), "No entry is compressed.");
        }

        await using var io = new TorchCheckpointIO();
        using var state = await io.LoadCheckpointAsync(directory["a.pt"], null, CancellationToken.None);

        Assert.HasCount(4, state.Root);
        foreach (var (name, parameter) in module.named_parameters())
        {
            Assert.IsTrue(parameter.bytes.SequenceEqual(StateComparison.Bytes((TensorData)state[name])), name);
        }
    }

    [TestMethod]
    [DataRow(Free - (1 << 20), true)]
    [DataRow(8 * Free, false)]
    public async Task Load_ZipOfZeros_TakesTheMemoryOfItsLimitAtMost(int length, bool isLoaded)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("The peak is read from /proc.");
        }

        var file = ZipBuilder.Zip(
            [("a/data.pkl", new PickleBuilder().Op('}').Stop()), ("a/data/0", new byte[length])], CompressionLevel.SmallestSize);
        GC.Collect();
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5");
        var before = PeakBytes();
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a"] = file });

        try
        {
            using var state = await io.LoadCheckpointAsync("a", null, CancellationToken.None);
            Assert.IsTrue(isLoaded);
        }
        catch (CheckpointCorruptException refusal)
        {
            Assert.IsFalse(isLoaded, refusal.Message);
        }

        var grown = PeakBytes() - before;
        Assert.IsLessThan(isLoaded ? Free + (32L << 20) : 32L << 20, grown);
        Assert.IsTrue(!isLoaded || grown > length / 2, $"The peak does not count native memory: {grown} bytes.");
    }

    /// <summary>Returns the peak of the resident memory since it was reset.</summary>
    private static long PeakBytes()
    {
        const string Label = "VmHWM:";
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Label, StringComparison.Ordinal));
        return 1024 * long.Parse(line[Label.Length..].Replace("kB", string.Empty, StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
