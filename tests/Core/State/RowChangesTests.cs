using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Core.State;

[TestClass]
public sealed class RowChangesTests
{
    [TestMethod]
    public void FindChanged_AnyRangeAndEpochs_IsTheFirstRowThatHasChanged()
    {
        const int rows = 150;
        var random = new Random(5);
        using var tensor = zeros(rows, 3);
        if (RowChanges.Start(tensor, 3) is not { } changes)
        {
            Assert.Inconclusive("This libtorch has no version counters.");
            return;
        }

        var epochs = new int[rows];
        for (var round = 0; round < 50; round++)
        {
            changes.MarkRows(random.Next(rows), 1);
            var epoch = changes.EndEpoch();

            // As after a copy of most rows: many are up to date, some are behind, and one is being copied.
            Array.ForEach([.. Enumerable.Range(0, rows).Where(_ => random.Next(40) > 0)], row => epochs[row] = epoch);
            epochs[random.Next(rows)] = -1;
            for (var first = 0; first < rows; first += 7)
            {
                var end = random.Next(first, rows + 1);
                var expected = Enumerable.Range(first, end - first).FirstOrDefault(row => changes.HasChanged(row, epochs[row]), end);
                Assert.AreEqual(expected, changes.FindChanged(first, end, epochs), $"round {round}, {first} to {end}");
            }
        }

        changes.MarkAll();
        Array.Fill(epochs, changes.EndEpoch() - 1);
        Assert.AreEqual(3, changes.FindChanged(3, rows, epochs));
    }
}
