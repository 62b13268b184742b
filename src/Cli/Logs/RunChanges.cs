using Fulgurite.Loggers;

namespace Fulgurite.Cli;

/// <summary>
/// The changes of runs for one reader: what the reader has is remembered, so that a curve is sent once and later its new points only. A
/// curve that was thinned, and a run that was read again, is sent whole.
/// </summary>
internal sealed class RunChanges
{
    private readonly Dictionary<string, Sent> _sent = new(StringComparer.Ordinal);
    private bool _isAnswered;

    /// <summary>Returns the changes since the last call, and of the first call also if there are none; otherwise null.</summary>
    public JsonObject? Next(IEnumerable<LoggedRun> runs)
    {
        var all = runs.ToList();
        var removed = _sent.Keys.Except(all.Select(run => run.Id), StringComparer.Ordinal).ToList();
        removed.ForEach(id => _sent.Remove(id));
        var changed = new JsonArray([.. all.Select(Change).OfType<JsonNode>()]);
        var isFirst = !_isAnswered;
        _isAnswered = true;
        return removed.Count == 0 && changed.Count == 0 && !isFirst
            ? null
            : new JsonObject { ["runs"] = changed, ["removed"] = new JsonArray([.. removed.Select(id => (JsonNode)id)]) };
    }

    private JsonObject? Change(LoggedRun run)
    {
        var report = run.Report;
        var isNew = !_sent.TryGetValue(run.Id, out var sent) || !ReferenceEquals(sent.Report, report);
        if (isNew)
        {
            sent = _sent[run.Id] = new Sent(report);
        }
        else if (sent!.Version == run.Version)
        {
            return null;
        }

        sent.Version = run.Version;
        var change = ReportData.Head(report);
        (change["id"], change["isNew"]) = (run.Id, isNew);
        change["metrics"] = new JsonObject(
            report.Metrics.Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)Curve(sent, metric.Value))));
        change["step_ms"] = Curve(sent, report.StepTime);
        return change;
    }

    private static JsonObject Curve(Sent sent, Series series)
    {
        var (stride, count) = sent.Curves.GetValueOrDefault(series);
        var from = stride == series.Stride ? count : 0;
        sent.Curves[series] = (series.Stride, series.Points.Count);
        return new JsonObject { ["from"] = from, ["points"] = ReportData.Points(series, from) };
    }

    private sealed class Sent(RunReport report)
    {
        public RunReport Report { get; } = report;

        public long Version { get; set; }

        public Dictionary<Series, (int Stride, int Count)> Curves { get; } = [];
    }
}
