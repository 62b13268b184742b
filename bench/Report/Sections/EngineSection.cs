namespace Fulgurite.Bench.Report.Sections;

/// <summary>What a call of the engine costs.</summary>
internal sealed class EngineSection : ISection
{
    public string Name => "engine";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("engine");
        var table = new MarkdownTable("work", "from C#, us", "from Python, us", "ratio");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                line.Text("work") switch { "add" => "an addition of 16 numbers", "linear" => "Linear, forward and backward", "adam" => "a step of Adam", var work => work },
                line.Show("us"),
                line.Show("python_us"),
                line.Show("ratio"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}
