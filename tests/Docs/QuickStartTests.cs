using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>Runs the first program of README.md.</summary>
[TestClass]
public sealed class QuickStartTests
{
    [TestMethod]
    public void Readme_FirstProgram_IsTheSample()
    {
        var block = Tree.Pages.Single(page => page.Name == "README.md").Blocks.Single(block => block.Language == "csharp");

        Assert.AreEqual(File.ReadAllText(Tree.At("samples", "QuickStart", "Program.cs")).Trim(), block.Text.Trim());
    }

    [TestMethod]
    public void Program_RunAgain_Resumes()
    {
        using var folder = new TemporaryDirectory();

        var first = SampleProgram.Run("QuickStart", folder, code: 0);
        var second = SampleProgram.Run("QuickStart", folder, code: 0);

        Assert.Contains("Completed after 800 steps and 20 epochs", first);
        Assert.DoesNotContain("epoch 1/20", second);
        Assert.IsTrue(File.Exists(folder["runs/sine/checkpoints/last.ckpt"]));
    }
}
