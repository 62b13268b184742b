using System.Globalization;

namespace Fulgurite.Cli;

/// <summary>Formats sizes, counts, times and numbers.</summary>
internal static class Amounts
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} B")
            : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {Units[unit]}");
    }

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Formats a count with its noun, in the plural if needed.</summary>
    public static string Count(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? string.Empty : "s")}";

    public static string Real(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static string Short(double value) =>
        value.ToString(value != 0 && Math.Abs(value) is < 1e-3 or >= 1e5 ? "0.###e+0" : "0.#####", CultureInfo.InvariantCulture);

    /// <summary>Formats a number with four significant digits, for plots and summaries.</summary>
    public static string Brief(double value) => value == 0 || !double.IsFinite(value) || Math.Abs(value) is >= 1e-4 and < 1e6
        ? value.ToString(Math.Abs(value) >= 1000 ? "#,0" : "G4", CultureInfo.InvariantCulture)
        : value.ToString("0.##e0", CultureInfo.InvariantCulture);

    public static string Shape(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";

    public static string Age(TimeSpan age) => age switch
    {
        { TotalSeconds: < 0 } => "in the future",
        { TotalMinutes: < 1 } => $"{age.Seconds} s",
        { TotalHours: < 1 } => $"{age.Minutes} min",
        { TotalDays: < 1 } => $"{age.Hours} h {age.Minutes} min",
        _ => string.Create(CultureInfo.InvariantCulture, $"{age.Days} d {age.Hours} h"),
    };
}
