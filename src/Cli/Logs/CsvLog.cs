using System.Globalization;
using Fulgurite.Loggers;

namespace Fulgurite.Cli;

/// <summary>Adds the rows of a table of metrics to a report.</summary>
internal static class CsvLog
{
    /// <summary>The status of a run whose log does not contain it.</summary>
    public const string UnknownStatus = "unknown";

    private const int FixedColumns = 3;

    public static void Read(TextReader file, RunReport report)
    {
        report.Status = UnknownStatus;
        var columns = CsvText.Split(file.ReadLine() ?? string.Empty);
        (long Step, DateTimeOffset Time)? last = null;
        while (file.ReadLine() is { } line)
        {
            // The last row may be incomplete.
            var row = CsvText.Split(line);
            if (row.Count != columns.Count || !long.TryParse(row[0], NumberStyles.None, CultureInfo.InvariantCulture, out var step)
                || !int.TryParse(row[1], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
                || !DateTimeOffset.TryParse(row[2], CultureInfo.InvariantCulture, out var time))
            {
                continue;
            }

            (report.Step, report.Epoch, report.Updated) = (step, epoch, time);
            report.Started = last is null ? time : report.Started;
            report.Seconds = (time - report.Started).TotalSeconds;
            for (var column = FixedColumns; column < columns.Count; column++)
            {
                if (double.TryParse(row[column], CultureInfo.InvariantCulture, out var value))
                {
                    report.Metric(columns[column]).Add(step, value);
                }
            }

            if (last is { } before && step > before.Step)
            {
                report.StepTime.Add(step, (time - before.Time).TotalMilliseconds / (step - before.Step));
            }

            last = (step, time);
        }
    }
}
