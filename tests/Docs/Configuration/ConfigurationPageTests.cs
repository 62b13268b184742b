using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs.Configuration;

/// <summary>Holds docs/configuration.md to the options classes.</summary>
[TestClass]
public sealed class ConfigurationPageTests
{
    [TestMethod]
    public void Page_IsWhatTheOptionsSay()
    {
        var path = Tree.At("docs", "configuration.md");
        var page = ConfigurationPage.Make();

        // Switched on by eng/configuration.sh.
        if (Environment.GetEnvironmentVariable("FULGURITE_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.AreEqual(
            page,
            File.ReadAllText(path),
            "docs/configuration.md is not what the options classes say. Run eng/configuration.sh and look at what changed.");
    }

    [TestMethod]
    public void Page_EveryOption_HasItsDefaultAndRange()
    {
        var page = ConfigurationPage.Make();

        Assert.Contains(
            "| `MaxEpochs` | whole number | `1000` | 0 or more | How many times the training data is gone through at most", page);
        Assert.Contains("| `Mode` | `Min`, `Max` | `Min` |", page);
        Assert.Contains("### async", page);
        Assert.Contains("| `MaxOverhead` | number | none | more than 0, at most 1 |", page);
        Assert.Contains("| `Name` | text | `report` | not empty |", page);
    }
}
