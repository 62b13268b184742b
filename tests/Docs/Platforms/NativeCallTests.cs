using System.Text.RegularExpressions;
using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs.Platforms;

/// <summary>Programs without calls of the operating system, and the list of these calls in docs/reliability.md.</summary>
[TestClass]
public sealed partial class NativeCallTests
{
    private static readonly (string, string) Hook = ("DOTNET_STARTUP_HOOKS", typeof(NativeCallTests).Assembly.Location);

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public void Program_WithoutNativeCalls_TrainsSavesResumesAndVerifies()
    {
        using var folder = new TemporaryDirectory();

        var first = SampleProgram.Run("FirstProgram", folder, code: 0, [Hook], "3");
        var second = SampleProgram.Run("FirstProgram", folder, code: 0, [Hook], "6");
        var verified = SampleProgram.Run("Fulgurite.Cli", folder, code: 0, [Hook], "verify", "runs/spirals/checkpoints");

        Assert.Contains("Completed after 120 steps and 3 epochs", first);
        Assert.Contains("Completed after 240 steps (120 of them since it was resumed) and 6 epochs", second);
        Assert.MatchesRegex("last.ckpt: ok, .* checksums? verified", verified);
    }

    /// <summary>The test above can fail: with the calls enabled, the first one is refused.</summary>
    [TestMethod]
    public void Program_NativeCallsEnabledButRefused_Fails()
    {
        using var folder = new TemporaryDirectory();

        var output = SampleProgram.Run("FirstProgram", folder, code: 134, [Hook, (StartupHook.KeepCalls, "1")], "1");

        Assert.Contains("calls libc, which this test refuses", output);
    }

    [TestMethod]
    public void Page_Platforms_ListsEveryImport()
    {
        var page = File.ReadAllText(Tree.At("docs", "reliability.md"));
        var imports = Tree.Files("src", ".cs").SelectMany(path => Import().Matches(File.ReadAllText(path)))
            .Select(match => match.Groups["name"].Value)
            .Distinct(StringComparer.Ordinal)
            .ToList();

        Assert.Contains("fsync", imports);
        Assert.IsEmpty(
            imports.Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)), "docs/reliability.md lacks these calls.");
    }

    [GeneratedRegex(
        @"(Library|Dll)Import\(""(libc|kernel32)"", EntryPoint = ""(?<name>\w+)""", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex Import();
}
