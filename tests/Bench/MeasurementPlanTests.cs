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
    [DataRow("xml --rounds 0", "--rounds is 0; allowed is more than 0.")]
    [DataRow("xml --validations 0", "--validations is 0")]
    [DataRow("xml --scale -1", "--scale is -1; allowed is more than 0, at most 1.")]
    [DataRow("xml --scale NaN", "--scale is NaN")]
    [DataRow("xml --threads -2", "--threads is -2; allowed is 0 or more.")]
    [DataRow("incremental --share 1.5", "--share is 1.5")]
    [DataRow("incremental --arms rows other", "other")]
    [DataRow("incremental --mb 1 --chain 0", "--chain is 0")]
    [DataRow("stall --state-gb -1", "--state-gb is -1")]
    [DataRow("xml-baselines --max-documents -5", "--max-documents is -5")]
    [DataRow("crash --kills -1", "--kills is -1; allowed is 0 or more.")]
    public void Parse_NumberThatMeasuresNothing_IsRefused(string arguments, string expected)
    {
        var errors = BenchCommand.Create().Parse(arguments).Errors;

        Assert.Contains(expected, Assert.ContainsSingle(errors).Message);
    }

    [TestMethod]
    [DataRow("crash --kills 0 --states 0 --tree-kills 3")]
    [DataRow("xml --paired --threads 0")]
    [DataRow("xml --scale 0.5")]
    public void Parse_ZeroThatTurnsSomethingOff_IsAllowed(string arguments) =>
        Assert.IsEmpty(BenchCommand.Create().Parse(arguments).Errors);

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
