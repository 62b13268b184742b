using System.Globalization;

namespace Fulgurite.Bench.Measuring;

/// <summary>The minor page faults of this process: pages of memory that the system gave, and cleared, on first use; on Linux.</summary>
internal static class PageFaults
{
    /// <summary>The place of the number in /proc/self/stat, after the name of the program.</summary>
    private const int Field = 7;

    /// <summary>Counts the faults of some work on all threads.</summary>
    /// <param name="work">The work; its result is ignored.</param>
    /// <returns>How many there were; 0 where it is not known.</returns>
    public static double In(Func<double> work)
    {
        var before = Count();
        work();
        return Count() - before;
    }

    private static double Count()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        // The name of the program is in parentheses and may contain spaces.
        var line = File.ReadAllText("/proc/self/stat");
        return double.Parse(line[(line.LastIndexOf(')') + 2)..].Split(' ')[Field], CultureInfo.InvariantCulture);
    }
}
