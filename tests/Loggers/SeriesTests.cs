using Fulgurite.Loggers;

namespace Fulgurite.Tests.Loggers;

[TestClass]
public sealed class SeriesTests
{
    [TestMethod]
    public void Add_MoreThanThePointsOfACurve_KeepsTheExtremesOfSingleValues()
    {
        var series = new Series();
        for (var step = 0; step < 3 * Series.Limit; step++)
        {
            series.Add(step, step == 100 ? 9 : step == 200 ? -9 : 1);
        }

        series.Add(3 * Series.Limit, double.NaN);

        Assert.AreEqual((-9.0, 9.0), (series.Min, series.Max));
        Assert.IsLessThan(9, series.Points.Max(point => point.Value));
    }
}
