using System.Xml.Linq;
using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>Runs the first program of README.md.</summary>
[TestClass]
public sealed class QuickStartTests
{
    [TestMethod]
    public void Readme_FirstProgram_IsTheSample()
    {
        var code = Program().Where(line => !line.StartsWith("#:", StringComparison.Ordinal));

        Assert.AreEqual(File.ReadAllText(Tree.At("samples", "QuickStart", "Program.cs")).Trim(), string.Join('\n', code).Trim());
    }

    /// <summary><c>eng/check-packages.sh</c> compiles and runs what the template makes.</summary>
    [TestMethod]
    public void ConsoleTemplate_Code_IsTheSample()
    {
        var sources = XDocument.Load(Tree.At("src", "Templates", "Fulgurite.Templates.csproj")).Descendants("Content")
            .Where(content => content.Attribute("PackagePath")!.Value == "content/console/").Select(
                content => content.Attribute("Include")!.Value);

        Assert.AreSequenceEqual(["../../samples/QuickStart/*.cs"], sources);
        Assert.AreSequenceEqual([Tree.At("samples", "QuickStart", "Program.cs")], Tree.Files("samples/QuickStart", ".cs"));
        Assert.IsEmpty(Tree.Files("src/Templates/content/console", ".cs"));
    }

    /// <summary><c>eng/check-packages.sh</c> compiles and runs the program with these packages.</summary>
    [TestMethod]
    public void Readme_FirstProgram_NamesThePackagesOfThisVersion()
    {
        string[] expected =
        [
            $"#:package Fulgurite@{Property("Directory.Build.props", "VersionPrefix")}",
            $"#:package TorchSharp-cpu@{Property("Directory.Packages.props", "TorchSharpVersion")}",
        ];

        Assert.AreSequenceEqual(expected, Program().TakeWhile(line => line.StartsWith("#:", StringComparison.Ordinal)));
    }

    [TestMethod]
    [Timeout(240000)]
    public void Program_RunAgain_Resumes()
    {
        using var folder = new TemporaryDirectory();

        var first = SampleProgram.Run("QuickStart", folder, code: 0);
        var second = SampleProgram.Run("QuickStart", folder, code: 0);

        Assert.Contains("Completed after 800 steps and 20 epochs", first);
        Assert.DoesNotContain("epoch 1 of 20", second);
        Assert.IsTrue(File.Exists(folder["runs/sine/checkpoints/last.ckpt"]));
    }

    private static IReadOnlyList<string> Program() =>
        Tree.Pages.Single(page => page.Name == "README.md").Blocks.Single(block => block.Language == "csharp").Lines;

    private static string Property(string file, string name) =>
        XDocument.Load(Tree.At(file)).Descendants(name).Single().Value;
}
