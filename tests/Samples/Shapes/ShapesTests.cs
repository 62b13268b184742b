using global::Shapes;

namespace Fulgurite.Tests.Samples.Shapes;

/// <summary>samples/Shapes.</summary>
[TestClass]
public sealed class ShapesTests(TestContext context)
{
    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Run_FewImages_TellsMostApartAndLogsEverything()
    {
        using var folder = new TemporaryFolder();

        var run = await SampleRun.Of("Shapes", folder.Path, context.CancellationToken, "--MaxEpochs=6", "--Images=800");

        Assert.AreEqual(0, run.ExitCode, run.ToString());
        Assert.IsGreaterThan(0.6, ShareOnTheDiagonal(run.Output), run.ToString());
        var rates = Column(folder.File("runs/shapes/logs/metrics.csv"), "lr-SGD");
        Assert.IsGreaterThan(rates[0] * 10, rates.Max(), "one cycle rises");
        Assert.IsLessThan(rates[0], rates[^1], "and falls");
        Assert.Contains(
            "Circles, squares and triangles",
            await File.ReadAllTextAsync(folder.File("runs/shapes/logs/report.html"), context.CancellationToken));
        Assert.HasCount(1, Directory.GetFiles(folder.File("runs/shapes/logs/run"), "events.out.tfevents*"));
        Assert.HasCount(1, Directory.GetFiles(folder.File("runs/shapes/checkpoints")));
    }

    [TestMethod]
    public void Draw_SameSeed_IsTheSameImage()
    {
        var (first, again, other) = (
            ShapeImage.Draw(new Random(1), 0.2f), ShapeImage.Draw(new Random(1), 0.2f), ShapeImage.Draw(new Random(2), 0.2f));

        Assert.AreSequenceEqual(first.Pixels, again.Pixels);
        Assert.AreNotSequenceEqual(first.Pixels, other.Pixels);
    }

    [TestMethod]
    public void Draw_ManySeeds_GiveAllKindsInTheImage()
    {
        var kinds = new HashSet<long>();
        for (var seed = 0; seed < 50; seed++)
        {
            var image = ShapeImage.Draw(new Random(seed), noise: 0);
            kinds.Add(image.Kind);
            Assert.AreEqual(2, image.Pixels.Distinct().Count(), "a shape and its background");
            Assert.IsGreaterThan(
                image.Pixels[0],
                image.Pixels[(ShapeImage.Side / 2 * ShapeImage.Side) + (ShapeImage.Side / 2)],
                "the shape is in the middle");
        }

        Assert.HasCount(3, kinds);
    }

    [TestMethod]
    public void Mirror_AnyWay_KeepsThePixelsAndMovesThem()
    {
        var image = ShapeImage.Draw(new Random(1), 0.2f);

        var mirrored = Enumerable.Range(0, 20).Select(seed => image.Mirror(new Random(seed))).ToList();

        Assert.AreEqual(4, mirrored.Select(other => other.Pixels[0]).Distinct().Count(), "each corner comes first at times");
        Assert.IsTrue(mirrored.All(other => other.Kind == image.Kind && other.Pixels.Order().SequenceEqual(image.Pixels.Order())));
    }

    private static double ShareOnTheDiagonal(string output)
    {
        var rows = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^3..]
            .Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..].Select(int.Parse).ToArray())
            .ToList();
        Assert.AreEqual(200, rows.Sum(row => row.Sum()), "every image is counted once");
        return rows.Select((row, index) => row[index]).Sum() / 200.0;
    }

    private static List<double> Column(string file, string name)
    {
        var lines = File.ReadAllLines(file);
        var column = Array.IndexOf(lines[0].Split(','), name);
        return
        [
            .. lines[1..].Select(line => line.Split(',')[column]).Where(cell => cell.Length > 0).Select(cell => double.Parse(cell, null)),
        ];
    }
}
