using System.CommandLine;
using Fulgurite.Bench.All;
using Fulgurite.Bench.Measuring;
using Fulgurite.Bench.Report;

namespace Fulgurite.Bench.Commands;

/// <summary><c>all</c>: every measurement in one run, and the page of the documentation that tells them.</summary>
internal static class AllCommand
{
    public static Command Create()
    {
        var quick = new Option<bool>("--quick")
        {
            Description = "Small and short, to see that everything works: its numbers mean nothing, and docs stays as it is.",
        };
        var reportOnly = new Option<bool>("--report-only")
        {
            Description = "Measure nothing: make the tables and plots of the lines that are kept.",
        };
        var only = new Option<string[]>("--only")
        {
            DefaultValueFactory = _ => [],
            AllowMultipleArgumentsPerToken = true,
            Description =
                $"Measure only these anew: {string.Join(", ", MeasurementPlan.Measurements.Select(measurement => measurement.Name))}; "
                    + "or all of a command, such as resume.",
        };
        only.AcceptOnlyFromAmong(
            [.. MeasurementPlan.Measurements.SelectMany(measurement => new[] { measurement.Name, measurement.Command }).Distinct()]);
        var keep = new Option<string?>("--keep")
        {
            Description = "Where the JSON lines are kept. Default: artifacts/bench, or artifacts/bench-quick.",
        };
        var docs = new Option<string?>("--docs")
        {
            Description = "The folder with performance.md and images. Default: docs, or a copy in artifacts/bench-quick.",
        };
        var date = new Option<string?>("--date") { Description = "The date to print on the page. Default: none." };
        var command = new Command("all", "Run all measurements, store them as JSON lines, and update docs/performance.md and its plots.")
        {
            quick, reportOnly, only, keep, docs, date,
        };
        command.SetAction(result => Run(
            result.GetValue(quick),
            result.GetValue(reportOnly),
            result.GetValue(only)!,
            result.GetValue(keep) ?? Path.Combine("artifacts", result.GetValue(quick) ? "bench-quick" : "bench"),
            result.GetValue(docs),
            result.GetValue(date)));
        return command;
    }

    private static int Run(bool isQuick, bool isReportOnly, string[] only, string keep, string? docs, string? date)
    {
        Directory.CreateDirectory(keep);
        docs ??= isQuick ? CopyOfDocs(keep) : "docs";
        var page = new PerformancePage(docs);
        page.Check();
        var failed = isReportOnly ? [] : Measure(isQuick, only, keep, date);
        page.Write(KeptResults.Read(keep));
        Console.Error.WriteLine($"Written: {page.Path} and its plots.");
        return failed.Count == 0 ? 0 : 1;
    }

    private static List<string> Measure(bool isQuick, string[] only, string keep, string? date)
    {
        var peer = PythonPeer.Find(out var missing);
        if (missing is not null)
        {
            Console.Error.WriteLine($"The peers in Python are not measured: {missing}");
        }

        var machine = Machine.Describe(keep, peer ?? $"none: {missing}", date);
        JsonLine.Print(machine);
        File.WriteAllText(Path.Combine(keep, "machine.jsonl"), machine.ToJsonString() + "\n");
        var run = new MeasurementRun(keep);
        var failed = new List<string>();
        foreach (var measurement in MeasurementPlan.Measurements.Where(
            measurement => only.Length == 0 || only.Contains(measurement.Name) || only.Contains(measurement.Command)))
        {
            if ((measurement.Peers != PeerUse.Alone || peer is not null)
                && !run.Run(measurement.Name, measurement.ToArguments(isQuick, peer is not null)))
            {
                failed.Add(measurement.Name);
            }
        }

        if (failed.Count > 0)
        {
            Console.Error.WriteLine(
                $"Failed: {string.Join(", ", failed)}. The page has the numbers of an earlier run, or says that these were not measured.");
        }

        return failed;
    }

    private static string CopyOfDocs(string keep)
    {
        var copy = Path.Combine(keep, "docs");
        Directory.CreateDirectory(copy);
        File.Copy(Path.Combine("docs", PerformancePage.FileName), Path.Combine(copy, PerformancePage.FileName), overwrite: true);
        return copy;
    }
}
