namespace Fulgurite.Tests.IO.Loading;

/// <summary>Small reads in sequence share calls, and all reads return the bytes of the file.</summary>
[TestClass]
public sealed class ReadAheadTests
{
    private const int RegionSize = 16 << 10;
    private const int Stride = RegionSize + 100;

    private readonly byte[] _bytes = new byte[(64 * Stride) + 7];

    [TestInitialize]
    public void Fill() => new Random(1).NextBytes(_bytes);

    [TestMethod]
    public void Read_SmallRegionsInSequence_ReadsManyWithOneCall()
    {
        using var reader = new CountingReader(_bytes);
        using var ahead = new ReadAhead();

        for (var region = 0; region < 64; region++)
        {
            AssertReads(ahead, reader, region * Stride, RegionSize);
        }

        AssertReads(ahead, reader, 64 * Stride, 7);
        Assert.IsLessThan(10, reader.Reads);
    }

    [TestMethod]
    public void Read_ScatteredLargeOrAfterDispose_ReadsExactlyTheRange()
    {
        using var reader = new CountingReader(_bytes);
        var ahead = new ReadAhead();
        foreach (var region in (int[])[40, 3, 60, 3, 21])
        {
            AssertReads(ahead, reader, region * Stride, RegionSize);
        }

        AssertReads(ahead, reader, 0, 40 * Stride);
        AssertReads(ahead, reader, 0, 100);
        AssertReads(ahead, reader, 100, 100);
        AssertReads(ahead, reader, 150, 100);
        ahead.Dispose();
        AssertReads(ahead, reader, 250, 100);
        AssertReads(ahead, reader, 350, 100);

        Assert.AreEqual(40 * Stride, reader.Longest);
    }

    [TestMethod]
    [DataRow(-50)]
    [DataRow(0)]
    [DataRow(50)]
    public void Read_NextRangeBeyondTheEnd_FailsLikeTheFile(int offset)
    {
        using var reader = new CountingReader(_bytes);
        using var ahead = new ReadAhead();
        AssertReads(ahead, reader, _bytes.Length - 200, 100);

        var exception = Assert.ThrowsExactly<CheckpointCorruptException>(() => ahead.Read(reader, _bytes.Length + offset, new byte[60]));

        Assert.AreEqual("a", exception.Path);
        AssertReads(ahead, reader, _bytes.Length - 100, 100);
    }

    [TestMethod]
    public void Read_ManyThreads_ReturnTheBytesOfTheFile()
    {
        using var reader = new CountingReader(_bytes);
        using var ahead = new ReadAhead();

        Parallel.For(0, 8, start =>
        {
            for (var region = start * 8; region < (start + 1) * 8; region++)
            {
                AssertReads(ahead, reader, region * Stride, RegionSize);
            }
        });
    }

    private void AssertReads(ReadAhead ahead, StorageReader reader, long offset, int length)
    {
        var found = new byte[length];
        ahead.Read(reader, offset, found);
        Assert.IsTrue(_bytes.AsSpan((int)offset, length).SequenceEqual(found), $"{length} bytes at {offset}");
    }

    private sealed class CountingReader(byte[] bytes) : StorageReader("a")
    {
        private int _reads;

        public int Reads => _reads;

        public int Longest { get; private set; }

        public override long Length => bytes.Length;

        public override void Read(long offset, Span<byte> destination)
        {
            Interlocked.Increment(ref _reads);
            Longest = Math.Max(Longest, destination.Length);
            if (offset + destination.Length > bytes.Length)
            {
                throw new CheckpointCorruptException("The file ends before the range.", Path);
            }

            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
