using System.Globalization;
using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Samples.FirstProgram;

/// <summary>samples/FirstProgram: trains, resumes and predicts.</summary>
[TestClass]
public sealed partial class FirstProgramTests(TestContext context)
{
    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Run_Again_ResumesAndSeparatesTheSpirals()
    {
        using var folder = new TemporaryFolder();

        var first = await SampleRun.Of("FirstProgram", folder.Path, context.CancellationToken, "6");
        var second = await SampleRun.Of("FirstProgram", folder.Path, context.CancellationToken, "20");

        Assert.AreEqual(0, first.ExitCode, first.ToString());
        Assert.AreEqual(0, second.ExitCode, second.ToString());
        Assert.Contains("Completed after 240 steps and 6 epochs", first.Error);
        Assert.Contains("Completed after 800 steps (560 of them since it was resumed) and 20 epochs", second.Error);
        Assert.IsGreaterThan(Right(first), Right(second), "it learned on");
        Assert.IsGreaterThan(470, Right(second));
        Assert.IsTrue(File.Exists(folder.File("runs/spirals/checkpoints/last.ckpt")));
        Assert.HasCount(2, Directory.GetFiles(folder.File("runs/spirals/checkpoints")), "the best and the newest");
    }

    private static int Right(SampleRun run) =>
        int.Parse(RightPattern().Match(run.Output).Groups["right"].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("right: (?<right>[0-9]+) of 500", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RightPattern();
}
