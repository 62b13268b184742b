using Fulgurite.IO.Integrity;

namespace Fulgurite.Tests.IO;

[TestClass]
public class Crc32Tests
{
    [TestMethod]
    public void Of_CheckValue_IsThatOfTheCatalogue() => Assert.AreEqual(0xCBF43926u, Crc32.Of("123456789"u8));

    [TestMethod]
    public void Of_EveryLengthAndStart_IsThatOfTheTable()
    {
        var bytes = new byte[3000];
        new Random(1).NextBytes(bytes);
        for (var length = 0; length < 2900; length++)
        {
            var span = bytes.AsSpan(length % 67, length);
            Assert.AreEqual(~Crc32Tables.Update(uint.MaxValue, span), Crc32.Of(span), $"{length} bytes");
        }
    }

    [TestMethod]
    public void Of_Pieces_IsThatOfTheWhole()
    {
        var bytes = new byte[100_000];
        new Random(2).NextBytes(bytes);
        foreach (var cut in new[] { 0, 1, 127, 4096, 99_999 })
        {
            var (first, second) = (Crc32.Of(bytes.AsSpan(0, cut)), Crc32.Of(bytes.AsSpan(cut)));

            Assert.AreEqual(Crc32.Of(bytes), Crc32.Of(bytes.AsSpan(cut), first));
            Assert.AreEqual(Crc32.Of(bytes), Crc32.Shift(first, bytes.Length - cut) ^ second);
        }
    }
}
