using Fulgurite.Bench.Report.Sections;

namespace Fulgurite.Bench.Report;

/// <summary>docs/performance.md and its plots.</summary>
/// <param name="docs">The folder of the page; plots go to <c>images</c> in it.</param>
internal sealed class PerformancePage(string docs)
{
    public const string FileName = "performance.md";

    /// <summary>All that has a place on the page.</summary>
    public static IReadOnlyList<ISection> Sections { get; } =
    [
        new MachineSection(),
        new StallSection(),
        new StepsSection(),
        new PairedSection(),
        Tables.Saturated,
        Tables.Policies,
        new XmlSection(),
        new IncrementalSection(),
        new FilesSection(),
        new ResumeSection(),
        Tables.Cold,
        Tables.Capture,
        new LoopSection(),
        Tables.Training,
        Tables.Precision,
        Tables.Exactness,
        Tables.Prefetch,
        new DistSection(),
        new ObjectsSection(),
    ];

    public string Path { get; } = System.IO.Path.Combine(docs, FileName);

    /// <summary>Finds every place, so that a broken page is known before minutes of measuring.</summary>
    /// <exception cref="InvalidDataException">A marker is missing; it is named.</exception>
    public void Check()
    {
        var document = Open();
        foreach (var section in Sections)
        {
            document.Check(section.Name);
        }
    }

    /// <summary>Writes tables and plots. Missing measurements are marked, and their plots are removed.</summary>
    public void Write(KeptResults results)
    {
        var document = Open();
        var images = Directory.CreateDirectory(System.IO.Path.Combine(docs, "images")).FullName;
        foreach (var section in Sections)
        {
            document.Replace(section.Name, section.ToMarkdown(results) ?? "Not measured.");
            if (section.PlotName is { } name)
            {
                var plot = System.IO.Path.Combine(images, name);
                File.Delete(plot);
                if (section.ToPlot(results) is { } svg)
                {
                    File.WriteAllText(plot, svg);
                }
            }
        }

        File.WriteAllText(Path, document.Text);
    }

    private MarkedDocument Open() => File.Exists(Path)
        ? new MarkedDocument(Path, File.ReadAllText(Path))
        : throw new FileNotFoundException($"{Path} does not exist. Run from the root of the repository, or specify --docs.");
}
