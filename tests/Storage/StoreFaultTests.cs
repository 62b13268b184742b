using Fulgurite.Tests.Storage.Stores;

namespace Fulgurite.Tests.Storage;

/// <summary>Broken connections and failing stores: nothing durable is lost, and nothing is reported durable that is not.</summary>
[TestClass]
public sealed class StoreFaultTests
{
    private const int Large = (2 * TestStore.Part) + 7;

    private static readonly string[] Kinds = ["moto", "azurite"];

    public static IEnumerable<object[]> Lasting =>
        from kind in Kinds
        from fault in new[]
        {
            Fault.DropRequest, Fault.DropResponse, Fault.InternalError, Fault.ServiceUnavailable, Fault.BadChecksum,
            Fault.ExpiredCredentials, Fault.Delay, Fault.CorruptRequest, Fault.TruncateRequest, Fault.WrongStoredChecksum,
        }
        from length in new[] { 3, Large }
        select new object[] { kind, fault, length };

    public static IEnumerable<object[]> LastingForReads =>
        from kind in Kinds
        from fault in new[]
        {
            Fault.DropRequest, Fault.DropResponse, Fault.TruncateResponse, Fault.InternalError, Fault.ServiceUnavailable,
            Fault.ExpiredCredentials, Fault.Delay, Fault.StallResponse, Fault.CorruptResponse, Fault.WrongStoredChecksum,
        }
        select new object[] { kind, fault };

    public static IEnumerable<object[]> Passing =>
        from kind in Kinds
        from fault in new[] { Fault.DropRequest, Fault.DropResponse, Fault.InternalError, Fault.ServiceUnavailable, Fault.Delay }
        select new object[] { kind, fault };

    private static TimeSpan? TimeoutFor(Fault fault) => fault is Fault.Delay or Fault.StallResponse ? TimeSpan.FromSeconds(0.5) : null;

    /// <summary>The store fails from the n-th request of a save on, for every n.</summary>
    [TestMethod]
    [DynamicData(nameof(Lasting))]
    public async Task Write_StoreFailsFromSomeRequestOn_OldOrNewIsWholeAndNothingElseIsReported(string kind, Fault fault, int length)
    {
        using var store = TestStore.ForFaults(kind, fault);
        var storage = store.Open(retries: 0);
        var failing = store.Open(retries: 0, timeout: TimeoutFor(fault));
        var (old, next) = (ObjectStorageTests.Bytes(100, 1), ObjectStorageTests.Bytes(length, 2));
        var failures = 0;
        for (var first = 0; ; first++)
        {
            store.Proxy.Restart((_, _) => Fault.None);
            storage.Write(store["a"], ObjectStorageTests.Content(old), CancellationToken.None);
            store.Proxy.Restart((number, _) => number >= first ? fault : Fault.None);
            CheckpointException? failure = null;
            try
            {
                failing.Write(store["a"], ObjectStorageTests.Content(next), CancellationToken.None);
            }
            catch (CheckpointException exception)
            {
                failure = exception;
                failures++;
                Assert.DoesNotContain(TestStore.Secret, exception.ToString());
            }

            var wasReached = store.Proxy.Requests.Count > first;
            store.Proxy.Restart((_, _) => Fault.None);
            var found = ObjectStorageTests.Read(storage, store["a"]);
            Assert.IsTrue(
                found.AsSpan().SequenceEqual(next) || (failure is not null && found.AsSpan().SequenceEqual(old)),
                $"Request {first}: {failure}");
            if (!wasReached)
            {
                break;
            }
        }

        Assert.IsGreaterThan(0, failures, "No request failed.");
        if (store.Kind == "moto")
        {
            // Those whose abort failed as well are left for the sweep.
            store.Open(stale: TimeSpan.Zero).Probe(store.Folder);
            Assert.IsEmpty(await store.UploadsAsync());
        }
    }

    /// <summary>Every later save to the name was refused, as if it were of another run.</summary>
    [TestMethod]
    public void Write_NewNameIsDamaged_TheNextWriteReplacesIt()
    {
        using var store = new TestStore("moto");
        var storage = store.Open(retries: 0);
        using var claim = storage.TryClaim(store["a"], mayBeThere: false);
        store.Proxy.Restart((_, _) => Fault.WrongStoredChecksum);
        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => storage.Write(store["a"], ObjectStorageTests.Content([1]), CancellationToken.None));
        Assert.IsTrue(failure.IsInPlace, failure.Message);

        store.Proxy.Restart((_, _) => Fault.None);
        storage.Write(store["a"], ObjectStorageTests.Content([2]), CancellationToken.None);
        CollectionAssert.AreEqual(new byte[] { 2 }, ObjectStorageTests.Read(storage, store["a"]));
    }

    [TestMethod]
    public async Task Write_OnePartFails_AbortsTheUpload()
    {
        using var store = new TestStore("moto");
        store.Proxy.Restart((_, request) => request.Contains("partNumber=2", StringComparison.Ordinal) ? Fault.BadChecksum : Fault.None);
        Assert.ThrowsExactly<CheckpointException>(
            () => store.Open(retries: 0).Write(
                store["a"], ObjectStorageTests.Content(ObjectStorageTests.Bytes(Large, 1)), CancellationToken.None));
        Assert.IsEmpty(await store.UploadsAsync());
        Assert.IsEmpty(store.Open().List(store.Folder));
    }

    /// <summary>Each request of a save fails once; the SDK sends it again.</summary>
    [TestMethod]
    [DynamicData(nameof(Passing))]
    public void Write_OneRequestFails_IsRetried(string kind, Fault fault)
    {
        using var store = TestStore.ForFaults(kind, fault);
        var storage = store.Open(timeout: fault == Fault.Delay ? TimeSpan.FromSeconds(2) : null);
        var bytes = ObjectStorageTests.Bytes(Large, 1);
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        using var claim = storage.TryClaim(store["a"], mayBeThere: false);

        // Of two writes at most the second would be refused: the first one is ours, also if its response was lost.
        store.Proxy.Restart(
            (_, request) => !request.StartsWith("HEAD", StringComparison.Ordinal) && seen.TryAdd(request, true) ? fault : Fault.None);
        storage.Write(store["a"], ObjectStorageTests.Content(bytes), CancellationToken.None);
        Assert.IsGreaterThan(3, seen.Count);
        CollectionAssert.AreEqual(bytes, ObjectStorageTests.Read(storage, store["a"]));
    }

    /// <summary>The store fails from the n-th request of a load on, for every n.</summary>
    [TestMethod]
    [DynamicData(nameof(LastingForReads))]
    public void Read_StoreFailsFromSomeRequestOn_TheBytesAreRightOrAFailureIsReported(string kind, Fault fault)
    {
        using var store = TestStore.ForFaults(kind, fault);
        var bytes = ObjectStorageTests.Bytes(Large, 1);
        store.Open().Write(store["a"], ObjectStorageTests.Content(bytes), CancellationToken.None);
        var storage = store.Open(retries: 0, timeout: TimeoutFor(fault));
        var failures = 0;
        for (var first = 0; first == 0 || store.Proxy.Requests.Count >= first; first++)
        {
            var from = first;
            store.Proxy.Restart((number, _) => number >= from ? fault : Fault.None);
            try
            {
                CollectionAssert.AreEqual(bytes, ObjectStorageTests.Read(storage, store["a"]), $"Request {first}");
            }
            catch (CheckpointException exception)
            {
                failures++;
                var isCorrupt = fault is Fault.CorruptResponse or Fault.WrongStoredChecksum;
                Assert.AreEqual(isCorrupt, exception is CheckpointCorruptException, exception.Message);
                Assert.DoesNotContain(TestStore.Secret, exception.ToString());
            }
        }

        Assert.IsGreaterThan(0, failures, "No request failed.");
    }

    /// <summary>A bit of an upload changes on its way: of a single request, of the first part, or of the last.</summary>
    [TestMethod]
    [DataRow("moto", 3, 0)]
    [DataRow("moto", Large, 1)]
    [DataRow("moto", Large, 3)]
    [DataRow("azurite", 3, 0)]
    [DataRow("azurite", Large, 0)]
    [DataRow("azurite", Large, 2)]
    public async Task Write_BytesChangeOnTheirWay_TheStoreRefusesThem(string kind, int length, int request)
    {
        using var store = TestStore.ForFaults(kind);
        store.Proxy.Restart((number, _) => number == request ? Fault.CorruptRequest : Fault.None);
        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => store.Open(retries: 0).Write(
                store["a"], ObjectStorageTests.Content(ObjectStorageTests.Bytes(length, 1)), CancellationToken.None));
        Assert.IsTrue(failure.IsTransient, failure.Message);
        Assert.Contains(kind == "moto" ? "BadDigest" : "Md5Mismatch", failure.Message);
        Assert.IsEmpty(store.Open().List(store.Folder));
        if (store.Kind == "moto")
        {
            Assert.IsEmpty(await store.UploadsAsync());
        }
    }

    [TestMethod]
    [DataRow("moto", Fault.TruncateResponse)]
    [DataRow("moto", Fault.ServiceUnavailable)]
    [DataRow("azurite", Fault.TruncateResponse)]
    [DataRow("azurite", Fault.ServiceUnavailable)]
    public void Read_OneResponseFails_IsRetried(string kind, Fault fault)
    {
        using var store = TestStore.ForFaults(kind, fault);
        var storage = store.Open();
        var bytes = ObjectStorageTests.Bytes(Large, 1);
        storage.Write(store["a"], ObjectStorageTests.Content(bytes), CancellationToken.None);
        store.Proxy.Restart((number, request) => number == 1 && request.StartsWith("GET", StringComparison.Ordinal) ? fault : Fault.None);
        CollectionAssert.AreEqual(bytes, ObjectStorageTests.Read(storage, store["a"]));
        Assert.IsGreaterThan(4, store.Proxy.Requests.Count, "Nothing was retried.");
    }

    [TestMethod]
    [DataRow("moto")]
    [DataRow("azurite")]
    public async Task Submit_StoreDoesNotAnswer_ReturnsAndReportsDurableOnlyAfterwards(string kind)
    {
        using var store = TestStore.ForFaults(kind);
        await using var io = new AsyncCheckpointIO(new TorchCheckpointIO(store.Open()));
        await io.ProbeAsync(store.Folder, CancellationToken.None);
        var gate = store.Proxy.Close();
        var operation = io.Submit(SampleStates.Small(1), store["a.ckpt"], null);
        using (var claim = await io.TryClaimAsync(store["b.ckpt"], false, CancellationToken.None))
        {
            Assert.IsNotNull(claim, "A claim waited for the store.");
        }

        Assert.AreEqual(CheckpointOutcome.Pending, operation.Outcome);
        gate.SetResult();
        await operation.Durable;
        using var loaded = await io.LoadCheckpointAsync(store["a.ckpt"], null, CancellationToken.None);
        Assert.AreEqual(1, SampleStates.StepOf(loaded));
    }

    [TestMethod]
    [DataRow("moto")]
    [DataRow("azurite")]
    public async Task Write_Cancelled_LeavesTheOldObject(string kind)
    {
        using var store = TestStore.ForFaults(kind);
        var storage = store.Open();
        storage.Write(store["a"], ObjectStorageTests.Content([1]), CancellationToken.None);
        using var cancellation = new CancellationTokenSource();
        store.Proxy.Restart((number, _) =>
        {
            if (number == 1)
            {
                cancellation.Cancel();
            }

            return Fault.None;
        });
        var write = Task.Run(
            () => storage.Write(store["a"], ObjectStorageTests.Content(ObjectStorageTests.Bytes(Large, 1)), cancellation.Token),
            CancellationToken.None);
        await Assert.ThrowsAsync<OperationCanceledException>(() => write);
        CollectionAssert.AreEqual(new byte[] { 1 }, ObjectStorageTests.Read(storage, store["a"]));
    }
}
