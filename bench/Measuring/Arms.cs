namespace Fulgurite.Bench.Measuring;

/// <summary>Times several ways of doing the same work in turn, so that a machine that changes its speed changes it for all.</summary>
internal static class Arms
{
    /// <summary>Measures all arms in every round, in an order that turns with the round; the first round only warms up.</summary>
    /// <param name="rounds">How many rounds count.</param>
    /// <param name="arms">Each measures once and gives its time in any unit.</param>
    /// <returns>The median of each arm.</returns>
    public static double[] Medians(int rounds, params Func<double>[] arms)
    {
        var times = arms.Select(_ => new List<double>(rounds)).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var turn = 0; turn < arms.Length; turn++)
            {
                var arm = (turn + round + 1) % arms.Length;
                var time = arms[arm]();
                if (round >= 0)
                {
                    times[arm].Add(time);
                }
            }
        }

        return [.. times.Select(Median)];
    }

    /// <summary>Returns the arms in an order that turns with the round.</summary>
    public static IEnumerable<T> InTurn<T>(IReadOnlyList<T> arms, int round) =>
        arms.Skip(round % arms.Count).Concat(arms.Take(round % arms.Count));

    public static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
