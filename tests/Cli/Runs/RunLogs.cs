using System.Globalization;
using System.Text;

namespace Fulgurite.Tests.Cli.Runs;

/// <summary>Logs of runs in the format of <c>JsonLinesLogger</c> and <c>CsvLogger</c>, as long and as complete as a test wants.</summary>
internal sealed class RunLogs(string folder, double rate = 0.002)
{
    private readonly StringBuilder _lines = new();
    private int _step;

    public string Path { get; } = System.IO.Path.Combine(folder, "logs", "metrics.jsonl");

    /// <summary>Writes a run of a number of steps.</summary>
    public static RunLogs Write(string folder, int steps, double rate = 0.002, string? end = "completed")
    {
        var logs = new RunLogs(folder, rate).Start().Steps(steps);
        if (end is not null)
        {
            logs.End(end);
        }

        logs.Flush();
        return logs;
    }

    public RunLogs Start(string? resumedFrom = null)
    {
        Line("run_start", $"\"resumed_from\":{(resumedFrom is null ? "null" : $"\"{resumedFrom}\"")}");
        return Line(
            "hyper_parameters",
            string.Create(CultureInfo.InvariantCulture, $"\"values\":{{\"lr\":{rate},\"layers\":4,\"note\":\"<b>bold</b>\"}}"));
    }

    public RunLogs Steps(int count)
    {
        for (var end = _step + count; _step < end;)
        {
            _step++;
            var loss = Loss(_step) + (_step % 2 == 0 ? 0.05 : -0.05);
            Line(
                "metrics",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"\"epoch\":{_step / 50},\"metrics\":{{\"train_loss\":{loss:0.####},"
                        + $"\"lr\":{rate * (1 - (_step / 1000.0)):0.######}}}"));
            if (_step % 50 == 0)
            {
                Line(
                    "metrics",
                    string.Create(
                        CultureInfo.InvariantCulture, $"\"epoch\":{_step / 50},\"metrics\":{{\"val_loss\":{Loss(_step) + 0.1:0.####}}}"));
                Line(
                    "checkpoint",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"\"path\":\"/runs/step={_step}.ckpt\",\"outcome\":\"durable\","
                            + $"\"score\":{Loss(_step) + 0.1:0.####},\"bytes\":{_step * 1000},\"stall_ms\":1.5,\"write_ms\":250"));
            }
        }

        return this;
    }

    public RunLogs End(string status) => Line("run_end", $"\"status\":\"{status}\"");

    /// <summary>Appends everything so far to the file.</summary>
    public void Flush()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.AppendAllText(Path, _lines.ToString());
        _lines.Clear();
    }

    private double Loss(int step) => 0.4 + (3 * Math.Exp(-step * rate * 6));

    private RunLogs Line(string name, string properties)
    {
        var time = new DateTime(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc).AddMilliseconds(_step * 40);
        _lines.Append(
            CultureInfo.InvariantCulture,
            $"{{\"event\":\"{name}\",\"step\":{_step},\"time\":\"{time:yyyy-MM-ddTHH:mm:ss.fffZ}\",{properties}}}\n");
        return this;
    }
}
