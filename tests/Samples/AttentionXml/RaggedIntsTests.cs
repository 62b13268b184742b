using AttentionXml.Data;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class RaggedIntsTests
{
    [TestMethod]
    public void Add_RowsOfAllLengthsOverSeveralChunks_GivesEachBack()
    {
        var rows = new RaggedInts();
        int[] lengths = [0, 3, 700_000, 700_000, 0, 2_000_000, 1];

        for (var i = 0; i < lengths.Length; i++)
        {
            rows.Add([.. Enumerable.Repeat(i, lengths[i])]);
        }

        Assert.AreEqual(lengths.Length, rows.Count);
        for (var i = 0; i < lengths.Length; i++)
        {
            Assert.AreEqual(lengths[i], rows[i].Length);
            Assert.IsFalse(rows[i].ContainsAnyExcept(i));
        }
    }
}
