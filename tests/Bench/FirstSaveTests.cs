using System.Globalization;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Tests.Bench;

/// <summary>The first save of a process does what later ones do: its code is compiled and its memory is touched before.</summary>
[TestClass]
public sealed class FirstSaveTests
{
    /// <summary>A few, since the program that measures compiles some of its own.</summary>
    private const int MostMethods = 3;
    private const int MostFaults = 100;

    [TestMethod]
    [DataRow("torch")]
    [DataRow("fused")]
    public async Task Stall_FirstSave_CompilesAlmostNothingAndTouchesFewNewPages(string optimizer)
    {
        var directory = Directory.CreateTempSubdirectory("fulgurite-first-save");
        using var process = OwnProcess.Start(
            "stall", "--io", "async", "--optimizer", optimizer, "--width", "512", "--layers", "2", "--batch", "2", "--steps", "3",
            "--every", "2", "--rounds", "1", "--threads", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            "--dir", Path.Combine(directory.FullName, "saves"));
        var output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        directory.Delete(recursive: true);
        Assert.AreEqual(0, process.ExitCode);

        var line = JsonNode.Parse(output)!;
        Assert.AreEqual("async", line["io"]!.GetValue<string>());
        Assert.IsTrue((int)line["saves"]! > 0);
        Assert.IsLessThanOrEqualTo(MostMethods, (int)line["first_methods"]!, output);
        Assert.IsLessThanOrEqualTo(MostFaults, (int)line["first_faults"]!, output);
    }
}
