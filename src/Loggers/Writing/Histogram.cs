namespace Fulgurite.Loggers;

/// <summary>A histogram with buckets that grow by a tenth, on both sides of zero, like TensorBoard's own.</summary>
/// <param name="Min">The minimum.</param>
/// <param name="Max">The maximum.</param>
/// <param name="Count">The number of finite values; other values are excluded.</param>
/// <param name="Sum">The sum.</param>
/// <param name="SumOfSquares">The sum of squares.</param>
/// <param name="Limits">The upper limits of the non-empty buckets, ascending.</param>
/// <param name="Counts">The number of values in each bucket.</param>
internal sealed record Histogram(double Min, double Max, long Count, double Sum, double SumOfSquares, double[] Limits, double[] Counts)
{
    private const double Smallest = 1e-12;
    private const double Growth = 1.1;

    private static readonly double[] AllLimits = MakeLimits();

    public static Histogram Of(ReadOnlySpan<double> values)
    {
        var counts = new double[AllLimits.Length];
        var (min, max, count, sum, squares) = (double.PositiveInfinity, double.NegativeInfinity, 0L, 0.0, 0.0);
        foreach (var value in values)
        {
            if (!double.IsFinite(value))
            {
                continue;
            }

            var place = Array.BinarySearch(AllLimits, value);
            counts[place < 0 ? ~place : Math.Min(place + 1, AllLimits.Length - 1)]++;
            (min, max, count, sum, squares) = (
                Math.Min(min, value), Math.Max(max, value), count + 1, sum + value, squares + (value * value));
        }

        if (count == 0)
        {
            return new Histogram(0, 0, 0, 0, 0, [0], [0]);
        }

        var (first, last) = (Array.FindIndex(counts, used => used > 0), Array.FindLastIndex(counts, used => used > 0));

        // Of empty buckets in a row one is enough.
        var kept = Enumerable.Range(first, last - first + 1).Where(bucket => counts[bucket] > 0 || counts[bucket + 1] > 0).ToArray();
        return new Histogram(
            min, max, count, sum, squares, Array.ConvertAll(kept, bucket => AllLimits[bucket]),
            Array.ConvertAll(kept, bucket => counts[bucket]));
    }

    private static double[] MakeLimits()
    {
        var positive = new List<double>();
        for (var limit = Smallest; limit < 1e20; limit *= Growth)
        {
            positive.Add(limit);
        }

        return [.. positive.AsEnumerable().Reverse().Select(limit => -limit), 0, .. positive, double.MaxValue];
    }
}
