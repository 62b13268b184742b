namespace Fulgurite.Loggers;

/// <summary>Computes axis ticks: 1, 2 or 5 times a power of ten apart.</summary>
internal static class AxisTicks
{
    public static double[] Between(double low, double high, int about)
    {
        var rough = (high - low) / about;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = (rough / power) switch
        {
            < 1.5 => power,
            < 3.5 => 2 * power,
            < 7.5 => 5 * power,
            _ => 10 * power,
        };
        var ticks = new List<double>();
        for (var index = Math.Ceiling(low / step); index * step <= high + (step * 1e-9); index++)
        {
            ticks.Add(index * step);
        }

        return [.. ticks];
    }
}
