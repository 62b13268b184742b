using System.Collections.Concurrent;
using static Fulgurite.Tests.Core.Data.SampleSources;

namespace Fulgurite.Tests.Core.Data;

/// <summary>The threads that load batches: how far ahead, in which order, and their end.</summary>
[TestClass]
public sealed class DataWorkerTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    [TestProperty("Behaviour", "LP15")]
    public void Batches_ItemFails_NamesItAfterTheBatchesBefore(int workers)
    {
        var tensors = new ConcurrentBag<Tensor>();
        var threads = new ConcurrentDictionary<Thread, bool>();
        var source = Tracked(tensors, 40, new() { BatchSize = 4, Workers = workers }, index =>
        {
            threads[Thread.CurrentThread] = true;
            return index == 18 ? throw new InvalidDataException("The file is damaged.") : index;
        });
        var read = 0;

        var error = Assert.ThrowsExactly<DataSourceException>(() =>
        {
            using var outer = NewDisposeScope();
            foreach (var batch in source.GetBatches(2, 1))
            {
                read++;
            }
        });

        Assert.AreEqual(3, read);
        Assert.AreEqual("Item 18 (epoch 3, batch 5) could not be loaded: The file is damaged.", error.Message);
        Assert.AreEqual((2, 4, 18L), (error.Epoch, error.Batch, error.Item));
        Assert.IsInstanceOfType<InvalidDataException>(error.InnerException);
        Assert.IsTrue(tensors.All(tensor => tensor.IsInvalid));
        Assert.IsTrue(threads.Keys.All(thread => thread == Thread.CurrentThread || !thread.IsAlive));
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP15")]
    public void Workers_EpochEndsOrIsGivenUp_HaveEnded()
    {
        var threads = new ConcurrentDictionary<Thread, bool>();
        var source = Tracked([], 200, new() { BatchSize = 1, Workers = 4 }, index =>
        {
            threads[Thread.CurrentThread] = true;
            return index;
        });

        Read(source.GetBatches(0, 0));
        Assert.IsNotEmpty(threads);
        Assert.IsTrue(threads.Keys.All(thread => !thread.IsAlive));

        threads.Clear();
        using (var batches = source.GetBatches(1, 0).GetEnumerator())
        {
            using var scope = NewDisposeScope();
            batches.MoveNext();
        }

        Assert.IsNotEmpty(threads);
        Assert.IsTrue(threads.Keys.All(thread => !thread.IsAlive));
        Assert.IsFalse(threads.ContainsKey(Thread.CurrentThread));
    }

    [TestMethod]
    public void Workers_WhoseBatchesNobodyTakes_MakeNoMoreThanPrefetchBatches()
    {
        var made = 0;
        using var full = new SemaphoreSlim(0);
        var source = new DataSource<int>(
            100,
            arguments =>
            {
                Interlocked.Increment(ref made);
                full.Release();
                return arguments.Batch;
            },
            new() { Workers = 2, PrefetchBatches = 3 });
        using var batches = source.GetEnumerator();

        batches.MoveNext();
        for (var batch = 0; batch < 4; batch++)
        {
            Assert.IsTrue(full.Wait(TimeSpan.FromSeconds(30)));
        }

        // One was taken and three may wait; a fifth would need a place.
        Assert.IsFalse(full.Wait(TimeSpan.FromMilliseconds(50)));
        Assert.AreEqual(4, Volatile.Read(ref made));
    }

    [TestMethod]
    public void Workers_OneIsSlow_OthersMakeWhatFollows()
    {
        using var others = new CountdownEvent(3);
        var source = new DataSource<int>(
            4,
            arguments =>
            {
                if (arguments.Batch > 0)
                {
                    others.Signal();
                }
                else
                {
                    // Only batches that are made meanwhile let the first one end.
                    Assert.IsTrue(others.Wait(TimeSpan.FromSeconds(30)));
                }

                return arguments.Batch;
            },
            new() { Workers = 2, PrefetchBatches = 4 });

        Assert.AreSequenceEqual(new[] { 0, 1, 2, 3 }, source.ToArray());
    }

    [TestMethod]
    public void Workers_GivenUp_TellWhatIsLoading()
    {
        using var loading = new ManualResetEventSlim();
        var source = new DataSource<int>(
            10,
            arguments =>
            {
                if (arguments.Batch > 0)
                {
                    loading.Set();
                    arguments.CancellationToken.WaitHandle.WaitOne();
                    arguments.CancellationToken.ThrowIfCancellationRequested();
                }

                return arguments.Batch;
            },
            new() { Workers = 1 });
        var batches = source.GetEnumerator();
        Assert.IsTrue(batches.MoveNext());
        Assert.IsTrue(loading.Wait(TimeSpan.FromSeconds(30)));

        // Returns, because the load is told; it would wait for ever else.
        batches.Dispose();

        Assert.IsFalse(batches.MoveNext());
    }
}
