using System.Collections.Concurrent;

namespace Fulgurite.Tests.IO.Storage;

/// <summary>An object that is read in ranges.</summary>
[TestClass]
public sealed unsafe class ObjectReaderTests
{
    // Longer than what is read as a small region.
    private const int Range = 300_000;
    private const int Count = 21;
    private const int Length = ((Count - 1) * Range) + 77;

    private static readonly byte[] Content = Bytes();

    private readonly ConcurrentQueue<(long Offset, nint Address)> _requests = [];

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Read_AnyRangesByManyThreads_FillsAndChecks(bool isChecked)
    {
        using var reader = Open(Crc32.Of(Content));
        var random = new Random(5);
        var ranges = new (int Start, int Length)[100];
        foreach (ref var range in ranges.AsSpan())
        {
            var start = random.Next(Length);
            range = (start, random.Next(1, Math.Min(4 * Range, Length - start) + 1));
        }

        Parallel.ForEach(ranges, new ParallelOptions { MaxDegreeOfParallelism = 4 }, range =>
        {
            var (start, length) = range;
            var bytes = new byte[length];
            if (isChecked)
            {
                Assert.AreEqual(Crc32.Of(Content.AsSpan(start, length)), reader.ReadChecked(start, bytes));
            }
            else
            {
                reader.Read(start, bytes);
            }

            Assert.IsTrue(bytes.AsSpan().SequenceEqual(Content.AsSpan(start, length)), $"{start} + {length}");
        });
    }

    [TestMethod]
    public void Read_WholeRanges_ReceivesThemInPlace()
    {
        using var reader = Open(checksum: null);
        var bytes = new byte[3 * Range];
        fixed (byte* address = bytes)
        {
            reader.Read(2 * Range, bytes);

            var first = (nint)address;
            CollectionAssert.AreEqual(
                new[] { (2L * Range, first), (3L * Range, first + Range), (4L * Range, first + (2 * Range)) }, _requests.ToArray());
        }
    }

    [TestMethod]
    public void Read_PartsOfARange_ShareARequest()
    {
        using var reader = Open(checksum: null);
        var bytes = new byte[100];
        for (var start = 0; start < Range - 100; start += 100)
        {
            reader.Read(start, bytes);
        }

        // Kept already, so that it is not requested as a whole either.
        reader.Read(0, new byte[Range]);

        Assert.HasCount(1, _requests);
    }

    /// <summary>A range between two large tensors is used up by them; its memory serves the next one.</summary>
    [TestMethod]
    public void Read_PartsUseUpARange_ReusesItsMemory()
    {
        using var reader = Open(checksum: null);
        for (var number = 0; number < 3; number++)
        {
            reader.Read(number * Range, new byte[Range - 9]);
            reader.Read(((number + 1) * Range) - 9, new byte[9]);
        }

        Assert.HasCount(3, _requests);
        Assert.HasCount(1, _requests.Select(request => request.Address).Distinct());
    }

    /// <summary>Regression: after the failure, its range and those that were kept could be read.</summary>
    [TestMethod]
    public void Read_TheWholeDiffered_FailsFromThenOn()
    {
        using var reader = Open(~Crc32.Of(Content));
        reader.Read(0, new byte[1]);
        Assert.ThrowsExactly<CheckpointCorruptException>(() => reader.Read(0, new byte[Length]));

        Assert.ThrowsExactly<CheckpointCorruptException>(() => reader.Read(Length - 77, new byte[77]));
        Assert.ThrowsExactly<CheckpointCorruptException>(() => reader.Read(1, new byte[1]));
    }

    /// <summary>Regression: only the bytes that were received first were compared with the checksum of the store.</summary>
    [TestMethod]
    public void Read_ARangeDiffersWhenReceivedAgain_Fails()
    {
        using var reader = Open(Crc32.Of(Content), damages: offset => offset == 0 && _requests.Count > Count);
        reader.Read(0, new byte[Length]);
        Assert.HasCount(Count, _requests);

        var failure = Assert.ThrowsExactly<CheckpointCorruptException>(() => reader.Read(0, new byte[9]));
        Assert.Contains("first received", failure.Message);
        Assert.ThrowsExactly<CheckpointCorruptException>(() => reader.ReadChecked(Range, new byte[Range]));
    }

    [TestMethod]
    public void Read_ARequestFails_TheNextReadRepeatsIt()
    {
        var failures = 1;
        using var reader = Open(checksum: null, () =>
        {
            if (failures-- > 0)
            {
                throw new IOException("lost");
            }
        });
        var bytes = new byte[10];

        Assert.ThrowsExactly<IOException>(() => reader.Read(5, bytes));
        reader.Read(5, bytes);

        CollectionAssert.AreEqual(Content[5..15], bytes);
    }

    /// <summary>Regression: each waiting thread repeated the request, with all retries of the store, one after the other.</summary>
    [TestMethod]
    public void Read_ARequestFailsThatOthersWaitFor_FailsForAllOfThem()
    {
        const int count = 3;
        using var isRequested = new ManualResetEventSlim();
        using var mayFail = new ManualResetEventSlim();
        using var reader = Open(checksum: null, () =>
        {
            isRequested.Set();
            mayFail.Wait();
            throw new IOException("lost");
        });
        ConcurrentQueue<Exception> failures = [];
        var threads = Enumerable.Range(0, count).Select(number => new Thread(() =>
            failures.Enqueue(Assert.ThrowsExactly<IOException>(() => reader.Read(number, new byte[10]))))).ToArray();
        threads[0].Start();
        isRequested.Wait();
        foreach (var thread in threads[1..])
        {
            thread.Start();
            SpinWait.SpinUntil(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        }

        mayFail.Set();
        Array.ForEach(threads, thread => thread.Join());

        Assert.HasCount(count, failures);
        Assert.HasCount(1, failures.Distinct());
    }

    /// <summary>Two regions, which share a range, fill one each alone, and use parts of the first and the last.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Run_RegionsAcrossRanges_RequestsEachRangeOnceAndComparesTheWhole(bool isDamaged)
    {
        using var reader = Open(Crc32.Of(Content) ^ (isDamaged ? 1u : 0));
        const int split = (10 * Range) + 300;
        using var first = new HostTensorStorage(split);
        using var last = new HostTensorStorage(Length - split);
        using var reads = new PooledArray<FileRead>(2);
        reads.Span[0] = new FileRead(0, first.Address, split);
        reads.Span[1] = new FileRead(split, last.Address, Length - split);

        if (isDamaged)
        {
            Assert.ThrowsExactly<CheckpointCorruptException>(() => ParallelReads.Run(reader, reads, verify: true, CancellationToken.None));
        }
        else
        {
            var checksums = ParallelReads.Run(reader, reads, verify: true, CancellationToken.None);

            CollectionAssert.AreEqual(new[] { Crc32.Of(Content.AsSpan(0, split)), Crc32.Of(Content.AsSpan(split)) }, checksums);
            Assert.IsTrue(first.GetBytes(0, split).SequenceEqual(Content.AsSpan(0, split)));
            Assert.IsTrue(last.GetBytes(0, Length - split).SequenceEqual(Content.AsSpan(split)));
        }

        CollectionAssert.AreEqual(
            Enumerable.Range(0, Count).Select(number => (long)number * Range).ToList(),
            _requests.Select(request => request.Offset).Order().ToList());

        // All but the shared one are received where they belong.
        CollectionAssert.IsSubsetOf(
            Enumerable.Range(0, Count).Where(number => number != split / Range)
                .Select(number => ((long)number * Range,
                    (number * Range < split ? first.Address : last.Address - split) + (number * Range)))
                .ToList(),
            _requests.ToArray());
    }

    private static byte[] Bytes()
    {
        var bytes = new byte[Length];
        new Random(3).NextBytes(bytes);
        return bytes;
    }

    private ObjectReader Open(uint? checksum, Action? onRequest = null, Predicate<long>? damages = null) =>
        new("s3://bucket/a", new ObjectInfo(Length, "version", WriteId: null, checksum), Range, concurrency: 2, (offset, memory) =>
        {
            onRequest?.Invoke();
            using var handle = memory.Pin();
            _requests.Enqueue((offset, (nint)handle.Pointer));
            Content.AsMemory((int)offset, memory.Length).CopyTo(memory);
            memory.Span[0] ^= (byte)(damages?.Invoke(offset) == true ? 1 : 0);
        });
}
