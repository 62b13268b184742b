using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fulgurite.Bench.Report;

namespace Fulgurite.Tests.Bench;

[TestClass]
public sealed partial class PerformancePageTests
{
    [TestMethod]
    public void RepositoryPage_Markers_AreThoseOfTheSections()
    {
        var text = File.ReadAllText(TemporaryDocs.RepositoryPage);
        var opening = OpeningMarkers().Matches(text).Select(match => match.Groups["name"].Value).ToList();

        new PerformancePage(Path.GetDirectoryName(TemporaryDocs.RepositoryPage)!).Check();
        Assert.AreSequenceEqual([.. PerformancePage.Sections.Select(section => section.Name)], opening);
    }

    [TestMethod]
    public void Write_KeptLines_FillsEveryPlaceAndNothingElse()
    {
        using var docs = new TemporaryDocs();
        var before = WithoutMeasured(File.ReadAllText(docs.PagePath));

        new PerformancePage(docs.Path).Write(KeptResults.Read(TemporaryDocs.Kept));

        var text = File.ReadAllText(docs.PagePath);
        Assert.AreEqual(before, WithoutMeasured(text));
        foreach (var section in PerformancePage.Sections)
        {
            var place = Place(text, section.Name);
            Assert.DoesNotContain("Not measured", place, $"The place of {section.Name} is empty.");
            Assert.Contains("| --- |", place, $"The place of {section.Name} has no table.");
            Assert.IsTrue(
                section.Name == "machine" || place.Contains("./bench.sh ", StringComparison.Ordinal),
                $"The place of {section.Name} does not tell its command.");
        }
    }

    [TestMethod]
    public void Write_Numbers_AreThoseOfTheLines()
    {
        using var docs = new TemporaryDocs();

        new PerformancePage(docs.Path).Write(KeptResults.Read(TemporaryDocs.Kept));

        var text = File.ReadAllText(docs.PagePath);
        var line = KeptResults.Read(TemporaryDocs.Kept).Named("stall-0").Single().Lines.Single(line => line.Text("io") == "async");
        Assert.Contains($"| {StateSize(line)} | Fulgurite, async | {line.Show("save_ms")} |", Place(text, "stall"));
        Assert.Contains("| Lightning, no callbacks | 912 | 838 |", Place(text, "loop"));
        Assert.Contains("| date | 2026-01-31 |", Place(text, "machine"));
    }

    [TestMethod]
    public void Write_Twice_ChangesNothing()
    {
        using var docs = new TemporaryDocs();
        var page = new PerformancePage(docs.Path);
        page.Write(KeptResults.Read(TemporaryDocs.Kept));
        var once = File.ReadAllText(docs.PagePath);

        page.Write(KeptResults.Read(TemporaryDocs.Kept));

        Assert.AreEqual(once, File.ReadAllText(docs.PagePath));
    }

    [TestMethod]
    public void Write_NothingKept_SaysSoAndRemovesPlots()
    {
        using var docs = new TemporaryDocs();
        using var empty = new TemporaryDocs();
        var page = new PerformancePage(docs.Path);
        page.Write(KeptResults.Read(TemporaryDocs.Kept));

        page.Write(KeptResults.Read(empty.Path));

        var text = File.ReadAllText(docs.PagePath);
        Assert.IsTrue(PerformancePage.Sections.All(section => Place(text, section.Name).Trim() == "Not measured."));
        Assert.IsEmpty(Directory.GetFiles(Path.Combine(docs.Path, "images")));
    }

    [TestMethod]
    public void Write_Plots_StandAloneAndKnowBothThemes()
    {
        using var docs = new TemporaryDocs();

        new PerformancePage(docs.Path).Write(KeptResults.Read(TemporaryDocs.Kept));

        var names = PerformancePage.Sections.Select(section => section.PlotName).OfType<string>().ToList();
        Assert.HasCount(4, names);
        foreach (var name in names)
        {
            var text = File.ReadAllText(docs.Plot(name));
            Assert.Contains("prefers-color-scheme:dark", text);
            Assert.DoesNotContain("http", text.Replace("http://www.w3.org/2000/svg", string.Empty, StringComparison.Ordinal));
            Assert.DoesNotContain("NaN", text);
            var svg = XDocument.Parse(text).Root!;
            var height = double.Parse(svg.Attribute("height")!.Value, System.Globalization.CultureInfo.InvariantCulture);
            var places = svg.Descendants()
                .Where(element => element.Name.LocalName == "text")
                .Select(element => ((double)element.Attribute("x")!, (double)element.Attribute("y")!))
                .ToList();
            Assert.IsNotEmpty(places);
            Assert.IsTrue(
                places.TrueForAll(place => place.Item1 is > 0 and < 760 && place.Item2 > 0 && place.Item2 < height),
                $"A text of {name} lies outside.");
        }
    }

    [TestMethod]
    [DataRow("<!-- bench:files -->")]
    [DataRow("<!-- /bench:files -->")]
    public void Check_MarkerIsMissing_NamesIt(string marker)
    {
        using var docs = new TemporaryDocs();
        File.WriteAllText(docs.PagePath, File.ReadAllText(docs.PagePath).Replace(marker, string.Empty, StringComparison.Ordinal));

        var exception = Assert.ThrowsExactly<InvalidDataException>(new PerformancePage(docs.Path).Check);

        Assert.Contains(marker, exception.Message);
        Assert.Contains(docs.PagePath, exception.Message);
    }

    [TestMethod]
    public void Check_NoPage_SaysWhere()
    {
        var exception = Assert.ThrowsExactly<FileNotFoundException>(new PerformancePage("/nowhere").Check);

        Assert.Contains("/nowhere/performance.md", exception.Message);
    }

    [GeneratedRegex(
        "^<!-- bench:(?<name>[a-z]+) -->$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex OpeningMarkers();

    [GeneratedRegex(
        "(?<begin><!-- bench:(?<name>[a-z]+) -->\n).*?(?<end><!-- /bench:\\k<name> -->\n)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Places();

    private static string WithoutMeasured(string text) => Places().Replace(text, "${begin}${end}");

    private static string Place(string text, string name) =>
        Places().Matches(text).Single(match => match.Groups["name"].Value == name).Value
        .Replace($"<!-- bench:{name} -->", string.Empty, StringComparison.Ordinal).Replace(
            $"<!-- /bench:{name} -->", string.Empty, StringComparison.Ordinal);

    private static string StateSize(System.Text.Json.Nodes.JsonObject line) => $"{line.Show("state_mb")} MiB";
}
