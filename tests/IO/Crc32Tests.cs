using System.Runtime.InteropServices;
using LibraryCrc32 = System.IO.Hashing.Crc32;

namespace Fulgurite.Tests.IO;

[TestClass]
public class Crc32Tests
{
    [TestMethod]
    public void Of_CheckValue_IsThatOfTheCatalogue() => Assert.AreEqual(0xCBF43926u, Crc32.Of("123456789"u8));

    [TestMethod]
    public void Of_EveryLengthAndStart_IsThatOfTheLibrary()
    {
        var bytes = new byte[3000];
        new Random(1).NextBytes(bytes);
        for (var length = 0; length < 2900; length++)
        {
            var span = bytes.AsSpan(length % 67, length);
            Assert.AreEqual(LibraryCrc32.HashToUInt32(span), Crc32.Of(span), $"{length} bytes");
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
            Assert.AreEqual(Crc32.Of(bytes), Crc32.Join(first, second, bytes.Length - cut));
        }
    }

    [TestMethod]
    public void Multiply_AnyPolynomials_IsThatOfTheDefinition()
    {
        var random = new Random(3);
        uint[] edges = [0, 1, 0x8000_0000, uint.MaxValue, 0xEDB8_8320];
        var values = edges.Concat(Enumerable.Range(0, 200).Select(_ => (uint)random.NextInt64(1L << 32))).ToArray();
        foreach (var left in values)
        {
            foreach (var right in values)
            {
                Assert.AreEqual(Crc32Arithmetic.MultiplyByBits(left, right), Crc32Arithmetic.Multiply(left, right), $"{left} {right}");
            }
        }
    }

    [TestMethod]
    public unsafe void Copy_EveryLengthAndAlignment_CopiesJustThatAndGivesItsChecksum()
    {
        const int room = 5000, guard = 64;
        var random = new Random(3);
        var source = (byte*)NativeMemory.AlignedAlloc(room, 64);
        var target = (byte*)NativeMemory.AlignedAlloc(room, 64);
        random.NextBytes(new Span<byte>(source, room));
        for (var length = 0; length < 4600; length++)
        {
            // Most targets lie on a line of the cache, as those of captures do.
            var from = source + (length % 67);
            var to = target + guard + (length % 5 == 0 ? length % 64 : 0);
            new Span<byte>(target, room).Fill(0xA5);

            var crc = Crc32Copy.Copy((nint)from, (nint)to, length);

            Assert.AreEqual(LibraryCrc32.HashToUInt32(new ReadOnlySpan<byte>(from, length)), crc, $"{length} bytes");
            Assert.IsTrue(new ReadOnlySpan<byte>(from, length).SequenceEqual(new ReadOnlySpan<byte>(to, length)), $"{length} bytes");
            Assert.IsFalse(new ReadOnlySpan<byte>(target, (int)(to - target)).ContainsAnyExcept((byte)0xA5), $"before {length} bytes");
            Assert.IsFalse(
                new ReadOnlySpan<byte>(to + length, (int)(target + room - to) - length).ContainsAnyExcept((byte)0xA5),
                $"after {length} bytes");
        }

        NativeMemory.AlignedFree(source);
        NativeMemory.AlignedFree(target);
    }
}
