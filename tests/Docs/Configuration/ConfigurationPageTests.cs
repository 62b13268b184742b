using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs.Configuration;

/// <summary>Compares docs/configuration.md with the options classes.</summary>
[TestClass]
public sealed class ConfigurationPageTests
{
    [TestMethod]
    public void Page_MatchesTheOptions()
    {
        var path = Tree.At("docs", "configuration.md");
        var page = ConfigurationPage.Make();

        // Set by eng/configuration.sh.
        if (Environment.GetEnvironmentVariable("FULGURITE_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.AreEqual(
            page, File.ReadAllText(path),
            "docs/configuration.md does not match the options classes. Run eng/configuration.sh and review the changes.");
    }

    [TestMethod]
    public void Page_EveryOption_HasItsDefaultAndRange()
    {
        var page = ConfigurationPage.Make();

        Assert.Contains("| `MaxEpochs` | whole number | `1000` | 0 or more |", page);
        Assert.Contains("| `Mode` | `Min`, `Max` | `Min` |", page);
        Assert.Contains("### async", page);
        Assert.Contains("| `MaxOverhead` | number | none | more than 0, at most 1 |", page);
        Assert.Contains("| `Name` | text | `report` | not empty |", page);
    }
}
