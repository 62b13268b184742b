using Fulgurite.Bench.Measuring;

namespace Fulgurite.Tests.Bench;

[TestClass]
public sealed class PairedDifferenceTests
{
    [TestMethod]
    [DataRow(1, 1, 1)]
    [DataRow(5, 1, 5)]
    [DataRow(6, 1, 6)]
    [DataRow(10, 2, 9)]
    [DataRow(25, 8, 18)]
    [DataRow(100, 40, 61)]
    public void Of_Numbers_HasTheIntervalOfTheTables(int count, int low, int high)
    {
        var difference = PairedDifference.Of([.. Enumerable.Range(1, count).Select(number => (double)number)]);

        Assert.AreEqual((count + 1) / 2.0, difference.Median);
        Assert.AreEqual((low, high), ((int)difference.Low, (int)difference.High));
    }

    [TestMethod]
    public void Of_NormalNoise_HoldsTheTrueMedianAsOftenAsItSays()
    {
        var random = new Random(1);
        double Noise() => Enumerable.Range(0, 12).Sum(_ => random.NextDouble()) - 6 + 0.3;
        var held = Enumerable.Range(0, 2000).Count(_ =>
        {
            var difference = PairedDifference.Of([.. Enumerable.Range(0, 30).Select(_ => Noise())]);
            return difference.Low <= 0.3 && 0.3 <= difference.High;
        });

        Assert.IsGreaterThan(0.945, held / 2000.0);
        Assert.IsLessThan(0.975, held / 2000.0);
    }

    [TestMethod]
    public void Of_Nothing_IsNoNumber() => Assert.IsTrue(double.IsNaN(PairedDifference.Of([]).Median));
}
