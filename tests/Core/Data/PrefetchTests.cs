using System.Collections;
using System.Collections.Concurrent;

namespace Fulgurite.Tests.Core.Data;

[TestClass]
public sealed class PrefetchTests
{
    [TestMethod]
    public void Prefetch_Stream_GivesTheSameAndEndsWithNoTensorLeft()
    {
        var tensors = new List<Tensor>();
        var threads = new ConcurrentDictionary<Thread, bool>();
        IEnumerable<Tensor> Stream()
        {
            for (var number = 0; number < 20; number++)
            {
                threads[Thread.CurrentThread] = true;
                lock (tensors)
                {
                    tensors.Add(tensor((float)number));
                    yield return tensors[^1];
                }
            }
        }

        var read = new List<float>();
        foreach (var batch in Stream().Prefetch(3))
        {
            using var scope = NewDisposeScope();
            scope.Attach(batch);
            read.Add(batch.item<float>());
            if (read.Count == 12)
            {
                break;
            }
        }

        Assert.AreSequenceEqual(Enumerable.Range(0, 12).Select(number => (float)number), read);
        Assert.IsTrue(tensors.All(tensor => tensor.IsInvalid));
        Assert.IsFalse(threads.Keys.Single().IsAlive);
        Assert.AreNotSame(Thread.CurrentThread, threads.Keys.Single());
    }

    [TestMethod]
    public void Prefetch_Stream_IsEnumeratedAndDisposedByOneThread()
    {
        var log = new List<string>();
        var thread = new HashSet<int>();
        IEnumerable<int> Stream()
        {
            thread.Add(Environment.CurrentManagedThreadId);
            try
            {
                yield return 1;
                yield return 2;
            }
            finally
            {
                thread.Add(Environment.CurrentManagedThreadId);
                log.Add("disposed");
            }
        }

        Assert.AreSequenceEqual(new[] { 1, 2 }, Stream().Prefetch(5).ToArray());
        Assert.AreSequenceEqual(new[] { "disposed" }, log);
        Assert.HasCount(1, thread);
    }

    [TestMethod]
    public void Prefetch_StreamFails_ThrowsAfterWhatCameBefore()
    {
        static IEnumerable<int> Stream()
        {
            yield return 1;
            yield return 2;
            throw new InvalidDataException("Line 3 is damaged.");
        }

        var read = new List<int>();
        var error = Assert.ThrowsExactly<DataSourceException>(() =>
        {
            foreach (var number in Stream().Prefetch(4))
            {
                read.Add(number);
            }
        });

        Assert.AreSequenceEqual(new[] { 1, 2 }, read);
        Assert.AreEqual("Batch 2 after the start position could not be read: Line 3 is damaged.", error.Message);
        Assert.IsInstanceOfType<InvalidDataException>(error.InnerException);
    }

    [TestMethod]
    public void Prefetch_StreamFailsAtItsEnd_Throws()
    {
        static IEnumerable<int> Stream()
        {
            try
            {
                yield return 1;
            }
            finally
            {
                Fail();
            }

            static void Fail() => throw new InvalidOperationException("The connection was lost.");
        }

        Assert.Throws<Exception>(() => Stream().Prefetch(2).ToList());
    }

    [TestMethod]
    public void Prefetch_BatchSource_StaysOne()
    {
        var source = DataSource.From(Dataset.Of(Enumerable.Range(0, 9).ToList()), items => items.Sum(), new() { BatchSize = 2 });

        var ahead = source.Prefetch();

        Assert.AreEqual(5, ahead.BatchCount);
        Assert.AreSequenceEqual(source.GetBatches(1, 3).ToArray(), ahead.GetBatches(1, 3).ToArray());
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP17")]
    public void Prefetch_StatefulSource_StateIsThatOfTheLastGivenBatch()
    {
        using var ahead = new CountdownEvent(4);
        var source = new Counter(() =>
        {
            if (!ahead.IsSet)
            {
                ahead.Signal();
            }
        });
        var data = source.Prefetch(3);
        var state = (IStatefulSource)data;
        using (var batches = data.GetEnumerator())
        {
            batches.MoveNext();
            Assert.IsTrue(ahead.Wait(TimeSpan.FromSeconds(30)), "it has read on");

            Assert.AreEqual(1, batches.Current);
            Assert.AreEqual(1, state.StateDict()["next"].AsInteger());
            batches.MoveNext();
            Assert.AreEqual(2, state.StateDict()["next"].AsInteger());
        }

        // What was read ahead and not given comes again.
        Assert.AreEqual(3, data.First());

        state.LoadStateDict(new StateMap { ["next"] = 10 });
        Assert.AreEqual(11, data.First());
    }

    /// <summary>A stream of 1, 2, ... that goes on where it was left.</summary>
    private sealed class Counter(Action onNext) : IEnumerable<int>, IStatefulSource
    {
        private int _next;

        public IEnumerator<int> GetEnumerator()
        {
            while (true)
            {
                onNext();
                yield return ++_next;
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public StateMap StateDict() => new() { ["next"] = _next };

        public void LoadStateDict(StateMap state) => _next = (int)state["next"].AsInteger();
    }
}
