using System.Globalization;

namespace Fulgurite.Bench.Files;

/// <summary>The most memory that this process had at once since it was last asked to forget.</summary>
internal static class PeakMemory
{
    /// <summary>Resets the peak and returns the current memory, in bytes.</summary>
    public static long Reset()
    {
        File.WriteAllText("/proc/self/clear_refs", "5");
        return Read("VmRSS:");
    }

    /// <summary>The most since then, in bytes.</summary>
    public static long Get() => Read("VmHWM:");

    private static long Read(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line[field.Length..].Replace("kB", string.Empty, StringComparison.Ordinal), CultureInfo.InvariantCulture) << 10;
    }
}
