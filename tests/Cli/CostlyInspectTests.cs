using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace Fulgurite.Tests.Cli;

/// <summary>Files that the reader accepts and that would cost a naive walk of their tree much time, memory or output.</summary>
[TestClass]
public sealed class CostlyInspectTests
{
    /// <summary>The pickle of a tensor of 2^20 elements.</summary>
    private const string Tensor = "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0"
        + "0X\x03\0\0\0cpuJ\0\0\x10\0tQK\0J\0\0\x10\0\x85K\x01\x85\x89}tR";

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow(8, 12)]
    [DataRow(7, 10)]
    [DataRow(30, 2)]
    public void InspectAndVerify_ListsThatShareLists_RefuseTooManyValues(int levels, int width)
    {
        using var folder = new TemporaryDirectory();
        var file = Torch(folder, SharedLists(levels, width));
        var watch = Stopwatch.StartNew();

        foreach (var command in (string[][])[["inspect", file], ["inspect", file, "--json"], ["verify", file]])
        {
            var run = ToolRun.Of(command);
            Assert.AreNotEqual(0, run.Code);
            Assert.Contains("expand to more than 1000000 values", run.Output + run.Error);
        }

        Assert.IsLessThan(Longest, watch.Elapsed);
    }

    [TestMethod]
    public void Inspect_ListsThatShareLists_ExpandsEachOnce()
    {
        using var folder = new TemporaryDirectory();
        var file = Torch(folder, SharedLists(levels: 16, width: 2));
        var watch = Stopwatch.StartNew();

        var run = ToolRun.Of("inspect", file, "--all");

        run.AssertSucceeded();
        Assert.Contains("same value as data.0", run.Output);
        Assert.IsLessThan(100, run.Output.Split('\n').Length);
        ToolRun.Of("inspect", file, "--stats").AssertSucceeded();
        ToolRun.Of("verify", file, "--finite").AssertSucceeded();
        Assert.IsLessThan(Longest, watch.Elapsed);
    }

    [TestMethod]
    public void Inspect_TensorThatManyListsShare_ReadsItOnce()
    {
        using var folder = new TemporaryDirectory();
        var file = Torch(folder, SharedLists(levels: 17, width: 2, leaf: Tensor), new byte[4 << 20]);
        var watch = Stopwatch.StartNew();

        var run = ToolRun.Of("inspect", file, "--stats");

        run.AssertSucceeded();
        Assert.Contains("65,535 sharing the memory of another; 68,719,476,736 elements", run.Output);
        Assert.Contains("16,384 tensors below", run.Output);
        Assert.IsLessThan(Longest, watch.Elapsed);
    }

    [TestMethod]
    public void Inspect_ManyPlaceholders_NamesEight()
    {
        using var folder = new TemporaryDirectory();
        var classes = string.Concat(Enumerable.Range(0, 1000).Select(index => $"cm{index:0000}\nC\n)R"));
        var run = ToolRun.Of("inspect", Torch(folder, Encoding.ASCII.GetBytes($"]({classes}e")));

        run.AssertSucceeded();
        Assert.Contains("unknown classes: m0000.C, m0001.C, m0002.C, m0003.C, m0004.C, m0005.C, m0006.C, m0007.C and 992 more", run.Output);
    }

    [TestMethod]
    public void Inspect_TensorWithALongName_KeepsTheTableNarrow()
    {
        using var folder = new TemporaryDirectory();
        var file = folder["long.safetensors"];
        var header = $$$"""{"{{{new string('x', 300)}}}.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";
        File.WriteAllBytes(file, [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[4]]);

        var run = ToolRun.Of("inspect", file);

        Assert.Contains("1 element in the model", run.Output);
        Assert.Contains("xxx...xxx", run.Output);
        Assert.Contains("x.weight ", run.Output);
        Assert.IsLessThan(200, run.Output.Split('\n').Max(line => line.Length));
    }

    /// <summary>A pickle of lists, each of which contains the one before several times.</summary>
    private static byte[] SharedLists(int levels, int width, string leaf = "]")
    {
        var pickle = new List<byte>([.. Encoding.Latin1.GetBytes(leaf), (byte)'q', 0]);
        for (byte level = 1; level < levels; level++)
        {
            pickle.AddRange("]("u8);
            for (var item = 0; item < width; item++)
            {
                pickle.AddRange([(byte)'h', (byte)(level - 1)]);
            }

            pickle.AddRange([(byte)'e', (byte)'q', level]);
        }

        return [.. pickle];
    }

    private static string Torch(TemporaryDirectory folder, byte[] pickle, byte[]? storage = null)
    {
        using var file = File.Create(folder["a.pt"]);
        using var zip = new ZipArchive(file, ZipArchiveMode.Create);
        Write("a/data.pkl", [0x80, 2, .. pickle, (byte)'.']);
        Write("a/data/0", storage ?? []);
        return file.Name;

        void Write(string name, byte[] content)
        {
            using var entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
            entry.Write(content);
        }
    }
}
