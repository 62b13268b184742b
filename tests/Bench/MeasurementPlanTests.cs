using Fulgurite.Bench.All;
using Fulgurite.Bench.Commands;
using Fulgurite.Bench.Stall;

namespace Fulgurite.Tests.Bench;

[TestClass]
public sealed class MeasurementPlanTests
{
    [TestMethod]
    public void Measurements_Arguments_AreUnderstood()
    {
        var root = BenchCommand.Create();
        foreach (var measurement in MeasurementPlan.Measurements)
        {
            foreach (var isQuick in new[] { false, true })
            {
                var arguments = measurement.ToArguments(isQuick, hasPeers: true);
                Assert.IsEmpty(root.Parse(arguments).Errors, arguments);
            }
        }
    }

    [TestMethod]
    public void Measurements_Names_AreEachOnce() =>
        Assert.HasCount(
            MeasurementPlan.Measurements.Count, MeasurementPlan.Measurements.Select(measurement => measurement.Name).Distinct());

    [TestMethod]
    public void Measurements_EveryCommand_IsAmongThem()
    {
        var commands = BenchCommand.Create().Subcommands.Select(command => command.Name).Except(["all"]);

        Assert.IsEmpty(commands.Except(MeasurementPlan.Measurements.Select(measurement => measurement.Arguments.Split(' ')[0])));
    }

    [TestMethod]
    [DataRow(0.01)]
    [DataRow(0.28)]
    [DataRow(1.0)]
    [DataRow(4.0)]
    public void OfSize_Gibibytes_IsAboutThat(double gibibytes)
    {
        var shape = StallShape.OfSize(gibibytes);

        // Weights and biases, and two averages of each, in four bytes.
        var bytes = 3.0 * 4 * shape.Layers * shape.Width * (shape.Width + 1);
        Assert.AreEqual(gibibytes, bytes / (1L << 30), gibibytes * 0.05);
    }

    [TestMethod]
    public void OfSize_Nothing_Throws() => Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => StallShape.OfSize(0));
}
