namespace AttentionXml.Data.Debian;

/// <summary>Converts packages to documents with labels, in LibMultiLabel's text format: <c>name TAB labels TAB text</c>.</summary>
internal static class PackageCorpus
{
    /// <summary>The default of the minimum number of packages with a label.</summary>
    public const int MinimumLabelFrequency = 2;

    /// <summary>Writes <c>train.txt</c> and <c>test.txt</c> to an existing folder; returns the number of packages.</summary>
    /// <remarks>The first stanza of a name counts, later ones (other versions) are dropped.</remarks>
    public static int Write(IEnumerable<Package> packages, string directory, int minimumLabelFrequency = MinimumLabelFrequency)
    {
        var unique = packages.DistinctBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => new Labelled(p, LabelsOf(p)))
            .OrderBy(p => HeldOutSplit.Order(p.Package.Name)).ThenBy(p => p.Package.Name, StringComparer.Ordinal)
            .ToList();
        var frequency = unique.SelectMany(p => p.Labels).CountBy(label => label, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);

        using var train = new StreamWriter(Path.Combine(directory, CorpusDirectory.Train));
        using var test = new StreamWriter(Path.Combine(directory, CorpusDirectory.Test));
        train.NewLine = test.NewLine = "\n";
        foreach (var (package, labels) in unique)
        {
            var kept = labels.Where(label => frequency[label] >= minimumLabelFrequency);
            var file = HeldOutSplit.IsHeldOut(package.Name) ? test : train;
            file.WriteLine($"{package.Name}\t{string.Join(' ', kept)}\t{TextOf(package)}");
        }

        return unique.Count;
    }

    private static string[] LabelsOf(Package package) =>
        [.. DependencyList.Parse(package.PreDepends).Concat(DependencyList.Parse(package.Depends)).Distinct(StringComparer.Ordinal)];

    private static string TextOf(Package package) =>
        $"{package.Name} {package.Section} {package.Description}".Replace('\t', ' ');

    private readonly record struct Labelled(Package Package, string[] Labels);
}
