using Fulgurite.Bench.Report.Svg;

namespace Fulgurite.Tests.Bench;

[TestClass]
public sealed class ScaleTests
{
    [TestMethod]
    public void Logarithmic_Values_LieBetweenPowersOfTen()
    {
        var scale = Scale.Logarithmic([0.6, 314]);

        Assert.AreSequenceEqual([0.1, 1, 10, 100, 1000], scale.Ticks.Select(tick => Math.Round(tick, 6)));
        Assert.AreEqual(0.5, scale.Place(10), 1e-9);
        Assert.AreEqual(0, scale.Place(0), 1e-9);
    }

    [TestMethod]
    public void Linear_Values_BeginAtNought()
    {
        var scale = Scale.Linear([2.3, 16]);

        Assert.AreEqual(0, scale.Ticks[0]);
        Assert.IsGreaterThanOrEqualTo(16, scale.Ticks[^1]);
        Assert.IsInRange(3, 8, scale.Ticks.Count);
        Assert.AreEqual(scale.Place(16), 2 * scale.Place(8), 1e-9);
    }

    [TestMethod]
    public void Bars_Lengths_GoByValue()
    {
        var svg = new BarChart(
            "A",
            "b",
            [new BarGroup("c", [new Bar("short", 1, "1", "ours"), new Bar("long <&>", 4, "4", "peer")])],
            IsLogarithmic: false).ToSvg();

        var root = System.Xml.Linq.XDocument.Parse(svg).Root!;
        var lengths = root.Elements()
            .Where(element => element.Name.LocalName == "rect" && (string?)element.Attribute("class") is "ours" or "peer")
            .Select(element => (double)element.Attribute("width")!)
            .ToList();
        Assert.HasCount(2, lengths);
        Assert.AreEqual(4, lengths[1] / lengths[0], 0.01);
        Assert.Contains("long <&>", root.Value);
    }
}
