
namespace Fulgurite.Tests.Core.Data;

[TestClass]
public sealed class PermutationTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(7)]
    [DataRow(64)]
    [DataRow(65)]
    [DataRow(1000)]
    [DataRow(65_537)]
    public void Places_OfAnyCount_HoldEveryNumberOnce(int count)
    {
        var order = new Permutation(count, seed: 5);

        var numbers = Enumerable.Range(0, count).Select(place => order[place]).Order();

        Assert.AreSequenceEqual(Enumerable.Range(0, count).Select(number => (long)number), numbers);
    }

    [TestMethod]
    public void Places_OfAHugeCount_AreComputedOneByOne()
    {
        var order = new Permutation(long.MaxValue / 2, seed: 1);

        var numbers = Enumerable.Range(0, 1000).Select(place => order[place]).ToHashSet();

        Assert.HasCount(1000, numbers);
        Assert.IsTrue(numbers.All(number => number is >= 0 and < long.MaxValue / 2));
    }

    [TestMethod]
    public void Orders_OfFourNumbers_AreAllAboutEquallyLikely()
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        const int Draws = 24_000;
        for (var draw = 0; draw < Draws; draw++)
        {
            var order = new Permutation(4, SeedMix.Combine(9, draw, -1));
            var name = string.Concat(order[0], order[1], order[2], order[3]);
            counts[name] = counts.GetValueOrDefault(name) + 1;
        }

        // 24 orders: beyond 50 chi-square is exceeded by chance once in a thousand times, and the draws are always these.
        var expected = Draws / 24.0;
        Assert.HasCount(24, counts);
        Assert.IsLessThan(50, counts.Values.Sum(count => (count - expected) * (count - expected) / expected));
    }

    [TestMethod]
    [DataRow(10)]
    [DataRow(1000)]
    public void Places_OverManySeeds_MeetEveryNumberEquallyOften(int count)
    {
        const int Draws = 20_000;
        var cells = Math.Min(count, 20);
        foreach (var place in new long[] { 0, count / 2, count - 1 })
        {
            var counts = new int[cells];
            for (var draw = 0; draw < Draws; draw++)
            {
                counts[new Permutation(count, SeedMix.Combine(3, draw, -1))[place] * cells / count]++;
            }

            var expected = Draws / (double)cells;
            Assert.IsLessThan(45, counts.Sum(seen => (seen - expected) * (seen - expected) / expected), $"place {place}");
        }
    }

    [TestMethod]
    public void Neighbours_DoNotStayTogether()
    {
        var order = new Permutation(10_000, seed: 3);

        var together = Enumerable.Range(0, 9_999).Count(place => Math.Abs(order[place] - order[place + 1]) == 1);

        // Two of ten thousand are expected by chance.
        Assert.IsLessThan(15, together);
    }
}
