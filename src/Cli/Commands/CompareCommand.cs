using Fulgurite.Loggers;
using Spectre.Console;

namespace Fulgurite.Cli;

/// <summary>Compares runs by their logs.</summary>
internal sealed class CompareCommand : Command
{
    private readonly Argument<string[]> _runs = new("run")
    {
        Description = "The folders or logs of runs; of a folder of several, the newest",
        Arity = new ArgumentArity(2, 100),
    };
    private readonly Option<bool> _all = new("--all", "-a") { Description = "List all hyper-parameters, including equal ones" };
    private readonly Option<bool> _json = CommonOptions.Json();

    public CompareCommand(Screen screen)
        : base(
            "compare",
            "Compare runs: progress, step time, cost of checkpoints, different hyper-parameters, last, least and greatest metrics")
    {
        Add(_runs);
        Add(_all);
        Add(_json);
        SetAction(result => Run(result, screen));
    }

    private int Run(ParseResult result, Screen screen)
    {
        var runs = result.GetValue(_runs)!.Select(RunFolder.Newest).ToList();
        var reports = runs.ConvertAll(run => run.Report);
        var metrics = reports.SelectMany(report => report.Metrics.Keys).Distinct(StringComparer.Ordinal).ToList();
        if (result.GetValue(_json))
        {
            screen.Write(new JsonObject { ["runs"] = new JsonArray([.. runs.Select(run => (JsonNode)ToJson(run))]) });
            return ExitCode.Success;
        }

        var table = Screen.NewTable(["", .. runs.Select(run => ">" + run.Id)]);
        void Add(string name, Func<RunReport, string> value) =>
            table.AddRow([Markup.Escape(name), .. reports.Select(report => Markup.Escape(value(report)))]);
        Add("status", report => report.Status);
        Add("steps", report => Amounts.Count(report.Step));
        Add("epochs", report => Amounts.Count(report.Epoch));
        Add("time", report => Amounts.Age(TimeSpan.FromSeconds(report.Seconds)));
        Add("ms per step (median)", report => Median(report.StepTime) is { } median ? Amounts.Brief(median) : "-");
        Add("checkpoints", report => Amounts.Count(report.Checkpoints.Count));
        Add("ms waited for them", report => Amounts.Brief(Waited(report)));
        foreach (var name in reports.SelectMany(report => report.HyperParameters.Keys).Distinct(StringComparer.Ordinal))
        {
            string Value(RunReport report) => report.HyperParameters.GetValueOrDefault(name, "-");
            if (result.GetValue(_all) || reports.Select(Value).Distinct(StringComparer.Ordinal).Count() > 1)
            {
                Add($"parameter {name}", Value);
            }
        }

        foreach (var name in metrics)
        {
            Add($"{name} last", report => report.Metrics.TryGetValue(name, out var series) ? Amounts.Brief(series.Last) : "-");
            Add($"{name} min", report => Extreme(report, name, series => series.Min));
            Add($"{name} max", report => Extreme(report, name, series => series.Max));
        }

        screen.Write(table);
        return ExitCode.Success;
    }

    private static string Extreme(RunReport report, string name, Func<Series, double> of) =>
        report.Metrics.TryGetValue(name, out var series) && double.IsFinite(of(series)) ? Amounts.Brief(of(series)) : "-";

    private static double? Median(Series series) =>
        series.Points.Count == 0 ? null : series.Points.Select(point => point.Value).Order().ElementAt(series.Points.Count / 2);

    private static double Waited(RunReport report) => report.Checkpoints.Sum(row => row.Stall) * 1000;

    private static JsonObject ToJson(LoggedRun run) => new()
    {
        ["run"] = run.Id,
        ["log"] = run.Path,
        ["status"] = run.Report.Status,
        ["step"] = run.Report.Step,
        ["epoch"] = run.Report.Epoch,
        ["seconds"] = run.Report.Seconds,
        ["step_ms"] = Median(run.Report.StepTime),
        ["checkpoints"] = run.Report.Checkpoints.Count,
        ["waited_ms"] = Waited(run.Report),
        ["hyper_parameters"] = new JsonObject(
            run.Report.HyperParameters.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)value.Value))),
        ["metrics"] = new JsonObject(
            run.Report.Metrics.Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)JsonText.Number(metric.Value.Last)))),
    };
}
