namespace Fulgurite.Tests.Callbacks.Resume;

/// <summary>Few rows in which every combination of choices for any two, or any three, parts occurs.</summary>
internal static class CoveringArray
{
    private const int Candidates = 30;

    /// <summary>
    /// Makes it, greedily: each row is the one of some random rows that has the most combinations which no row before has.
    /// </summary>
    /// <param name="sizes">How many choices each part has.</param>
    /// <param name="strength">How many parts are combined.</param>
    /// <param name="seed">The same seed gives the same rows.</param>
    public static List<int[]> Make(IReadOnlyList<int> sizes, int strength, int seed)
    {
        var random = new Random(seed);
        int[][] groups = [.. Groups(sizes.Count, strength)];
        var missing = new HashSet<(int Group, int Combination)>(
            groups.SelectMany(
                (group, index) => Enumerable.Range(
                    0,
                    group.Aggregate(1, (product, part) => product * sizes[part])).Select(combination => (index, combination))));
        var rows = new List<int[]>();
        while (missing.Count > 0)
        {
            // Each candidate has a combination that is missing, so that every row is of use.
            var wanted = missing.Skip(random.Next(Math.Min(missing.Count, 50))).First();
            var row = Enumerable.Range(0, Candidates)
                .Select(_ => Candidate(sizes, groups[wanted.Group], wanted.Combination, random))
                .MaxBy(row => groups.Index().Count(group => missing.Contains((group.Index, Combination(sizes, group.Item, row)))))!;
            foreach (var (index, group) in groups.Index())
            {
                missing.Remove((index, Combination(sizes, group, row)));
            }

            rows.Add(row);
        }

        return rows;
    }

    private static IEnumerable<int[]> Groups(int parts, int strength, int from = 0) => strength == 0
        ? [[]]
        : Enumerable.Range(from, parts - from).SelectMany(
            part => Groups(parts, strength - 1, part + 1).Select(rest => (int[])[part, .. rest]));

    private static int Combination(IReadOnlyList<int> sizes, int[] group, int[] row) =>
        group.Aggregate(0, (number, part) => (number * sizes[part]) + row[part]);

    private static int[] Candidate(IReadOnlyList<int> sizes, int[] group, int combination, Random random)
    {
        int[] row = [.. sizes.Select(size => random.Next(size))];
        foreach (var part in group.Reverse())
        {
            row[part] = combination % sizes[part];
            combination /= sizes[part];
        }

        return row;
    }
}
