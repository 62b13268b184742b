namespace Fulgurite.Bench.Measuring;

/// <summary>What pairs of measurements, each made close to the other, say about the difference.</summary>
/// <param name="Median">The median of the differences.</param>
/// <param name="Low">The lower end of an interval that holds the true median with a probability of at least 95 %.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Count">How many pairs there are.</param>
internal sealed record PairedDifference(double Median, double Low, double High, int Count)
{
    private const double Outside = 0.05;

    /// <summary>
    /// Takes the differences as they are: nothing is assumed of how they are distributed, but that they do not depend on each other.
    /// </summary>
    /// <param name="differences">One of each pair.</param>
    public static PairedDifference Of(IReadOnlyCollection<double> differences)
    {
        var sorted = differences.Order().ToArray();
        if (sorted.Length == 0)
        {
            return new PairedDifference(double.NaN, double.NaN, double.NaN, 0);
        }

        var rank = Rank(sorted.Length);
        return new PairedDifference(Arms.Median(sorted), sorted[rank], sorted[^(rank + 1)], sorted.Length);
    }

    /// <summary>
    /// Which of the sorted differences bounds the interval: each lies above the true median with a probability of one half.
    /// </summary>
    private static int Rank(int count)
    {
        var rank = 0;
        var probability = Math.Pow(0.5, count);
        var below = probability;
        while (2 * below <= Outside && rank < (count - 1) / 2)
        {
            // How many lie below is binomial; the next term of it.
            probability *= (count - rank) / (rank + 1.0);
            below += probability;
            rank += 2 * below <= Outside ? 1 : 0;
        }

        return rank;
    }
}
