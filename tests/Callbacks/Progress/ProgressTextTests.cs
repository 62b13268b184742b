namespace Fulgurite.Tests.Callbacks.Progress;

[TestClass]
public sealed class ProgressTextTests
{
    [TestMethod]
    [DataRow(0, "0.000")]
    [DataRow(0.7123, "0.712")]
    [DataRow(-1.5, "-1.500")]
    [DataRow(0.01234, "0.0123")]
    [DataRow(0.00001234, "1.23E-5")]
    [DataRow(123.456, "123.5")]
    [DataRow(1234567, "1.23E+6")]
    [DataRow(double.NaN, "NaN")]
    [DataRow(double.PositiveInfinity, "Infinity")]
    public void Number_OfAnySize_KeepsTheDigitsThatMatter(double value, string expected) =>
        Assert.AreEqual(expected, ProgressText.Number(value));

    [TestMethod]
    [DataRow(61.9, "01:01")]
    [DataRow(3600, "1:00:00")]
    [DataRow(100 * 3600, "100:00:00")]
    public void Duration_OfAnyLength_LosesNoHours(double seconds, string expected) =>
        Assert.AreEqual(expected, ProgressText.Duration(seconds));

    [TestMethod]
    [DataRow(0, "0 steps")]
    [DataRow(1, "1 step")]
    [DataRow(12345, "12345 steps")]
    public void Count_OfOneAndMore_IsSaidAsItIs(long count, string expected) =>
        Assert.AreEqual(expected, ProgressText.Count(count, "step"));

    [TestMethod]
    public void Duration_WithoutEnd_IsStillAText() => Assert.IsGreaterThan(0, ProgressText.Duration(double.PositiveInfinity).Length);
}
