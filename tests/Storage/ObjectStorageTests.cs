using System.Runtime.InteropServices;
using Amazon.Runtime;
using Fulgurite.Tests.Storage.Stores;

namespace Fulgurite.Tests.Storage;

/// <summary>Storage of files as objects, against real servers.</summary>
[TestClass]
public sealed class ObjectStorageTests
{
    [TestMethod]
    [DataRow("moto", 0)]
    [DataRow("moto", 1)]
    [DataRow("moto", TestStore.Part)]
    [DataRow("moto", (3 * TestStore.Part) + 7)]
    [DataRow("s3rver", 1)]
    [DataRow("s3rver", (3 * TestStore.Part) + 7)]
    [DataRow("azurite", 0)]
    [DataRow("azurite", 1)]
    [DataRow("azurite", (3 * TestStore.Part) + 7)]
    public void Write_AnyLength_IsReadBackListedReplacedAndDeleted(string kind, int length)
    {
        using var store = new TestStore(kind);
        var storage = store.Open();
        var path = store["epoch=1-step=2.ckpt"];
        var bytes = Bytes(length, 1);
        Assert.IsFalse(storage.Exists(path));
        Assert.AreEqual(length, storage.Write(path, Content(bytes), CancellationToken.None));
        CollectionAssert.AreEqual(bytes, Read(storage, path));
        storage.Write(store["below/other.ckpt"], Content([1]), CancellationToken.None);
        var entry = Assert.ContainsSingle(storage.List(store.Folder));
        Assert.AreEqual(path, entry.Path);
        Assert.AreEqual(length, entry.Length);

        storage.Write(path, Content([9]), CancellationToken.None);
        CollectionAssert.AreEqual(new byte[] { 9 }, Read(storage, path));
        storage.Delete(path);
        storage.Delete(path);
        Assert.IsFalse(storage.Exists(path));
        Assert.ThrowsExactly<CheckpointNotFoundException>(() => storage.Open(path));
    }

    [TestMethod]
    [DataRow("moto")]
    [DataRow("s3rver")]
    [DataRow("azurite")]
    public async Task Save_ThroughFormats_LoadsAnEqualState(string kind)
    {
        using var store = new TestStore(kind);
        await using var torch = new AsyncCheckpointIO(new TorchCheckpointIO(store.Open()));
        await using var safetensors = new SafetensorsCheckpointIO(store.Open());
        foreach (CheckpointIO io in new CheckpointIO[] { torch, safetensors })
        {
            var path = store["a" + io.FileExtension];
            using var state = SampleStates.Everything(3);
            await io.ProbeAsync(store.Folder, CancellationToken.None);
            await io.SaveCheckpointAsync(state, path, null, CancellationToken.None);
            using var loaded = await io.LoadCheckpointAsync(path, null, CancellationToken.None);
            StateAssert.HaveSameValues(state, loaded);
            await io.VerifyAsync(path, CancellationToken.None);
        }
    }

    [TestMethod]
    [DataRow("moto")]
    [DataRow("s3rver")]
    [DataRow("azurite")]
    public async Task Save_Sharded_IsListedReplacedAndRemoved(string kind)
    {
        using var store = new TestStore(kind);
        await using var io = new AsyncCheckpointIO(new ShardedCheckpointIO(store.Open()));
        var path = store["epoch=1-step=2.ckpt"];
        foreach (var step in new[] { 3, 4 })
        {
            using var state = SampleStates.Everything(step);
            await io.SaveCheckpointAsync(state, path, null, CancellationToken.None);
            using var loaded = await io.LoadCheckpointAsync(path, null, CancellationToken.None);
            StateAssert.HaveSameValues(state, loaded);
            var entry = Assert.ContainsSingle(await io.ListAsync(store.Folder, CancellationToken.None).ToListAsync());
            Assert.AreEqual(path, entry.Path);
            Assert.IsNull(entry.Failure);
        }

        var storage = store.Open();
        Assert.HasCount(3, storage.List(path), "The files of the first save are removed.");
        await io.RemoveCheckpointAsync(path, CancellationToken.None);
        Assert.IsEmpty(storage.List(path));
        Assert.IsEmpty(await io.ListAsync(store.Folder, CancellationToken.None).ToListAsync());
    }

    [TestMethod]
    [DataRow("moto")]
    [DataRow("azurite")]
    public async Task Save_ShardedByTwoRunsUnderANewName_TheFirstStays(string kind)
    {
        using var store = new TestStore(kind);
        await using var one = new ShardedCheckpointIO(store.Open());
        await using var two = new ShardedCheckpointIO(store.Open());
        var path = store["last.ckpt"];
        using var first = await one.TryClaimAsync(path, mayBeThere: false, CancellationToken.None);
        using var second = await two.TryClaimAsync(path, mayBeThere: false, CancellationToken.None);
        Assert.IsNotNull(first);
        Assert.IsNotNull(second);
        using var state = SampleStates.Everything(1);
        using var other = SampleStates.Everything(2);
        await one.SaveCheckpointAsync(state, path, null, CancellationToken.None);
        var failure = await Assert.ThrowsExactlyAsync<CheckpointException>(
            () => two.SaveCheckpointAsync(other, path, null, CancellationToken.None));
        Assert.Contains("another run", failure.Message);
        using var loaded = await two.LoadCheckpointAsync(path, null, CancellationToken.None);
        StateAssert.HaveSameValues(state, loaded);
        Assert.HasCount(3, store.Open().List(path), "The parts of the second are removed.");
    }

    [TestMethod]
    [DataRow("moto")]
    [DataRow("azurite")]
    public void TryClaim_AnotherRunWritesFirst_ItsObjectStays(string kind)
    {
        using var store = new TestStore(kind);
        foreach (var (name, length) in new[] { ("small", 3), ("large", TestStore.Part + 1) })
        {
            var (first, second) = (store.Open(), store.Open());
            using var one = first.TryClaim(store[name], mayBeThere: false);
            using var two = second.TryClaim(store[name], mayBeThere: false);
            Assert.IsNotNull(one);
            Assert.IsNotNull(two, "A claim asked the store.");
            first.Write(store[name], Content(Bytes(length, 1)), CancellationToken.None);
            var failure = Assert.ThrowsExactly<CheckpointException>(
                () => second.Write(store[name], Content(Bytes(length, 2)), CancellationToken.None));
            Assert.Contains("another run", failure.Message);
            CollectionAssert.AreEqual(Bytes(length, 1), Read(second, store[name]));
            Assert.IsNull(store.Open().TryClaim(store[name], mayBeThere: false), "A name that is taken was claimed.");
            first.Write(store[name], Content([4]), CancellationToken.None);
        }
    }

    [TestMethod]
    public void TryLink_OwnObject_IsCopiedUnlessAnotherRunHasReplacedIt()
    {
        using var store = new TestStore("moto");
        var (storage, other) = (store.Open(), store.Open());
        storage.Write(store["best"], Content(Bytes(100, 1)), CancellationToken.None);
        Assert.IsTrue(storage.TryLink(store["best"], store["last"]));
        CollectionAssert.AreEqual(Bytes(100, 1), Read(storage, store["last"]));
        Assert.IsTrue(storage.TryLink(store["last"], store["third"]));

        Assert.IsFalse(other.TryLink(store["best"], store["other"]), "It has not written this object.");
        other.Write(store["best"], Content(Bytes(100, 2)), CancellationToken.None);
        Assert.IsFalse(storage.TryLink(store["best"], store["last"]));

        storage.Delete(store["third"]);
        Assert.IsFalse(storage.TryLink(store["third"], store["last"]));
    }

    [TestMethod]
    public async Task Probe_AbandonedUploads_AbortsTheStaleOnes()
    {
        using var store = new TestStore("moto");
        string[] names = ["a", "last.ckpt/part", "other/run/a"];
        foreach (var name in names)
        {
            await store.Client.InitiateMultipartUploadAsync("bucket", store[name]["s3://bucket/".Length..]);
        }

        Assert.HasCount(3, await store.UploadsAsync());

        // moto dates every upload to 2010, so that any age is stale.
        store.Open(stale: TimeSpan.Zero).Probe(store.Folder);

        // The upload of a sharded checkpoint was only listed as a prefix by S3 and left; moto does not group by a delimiter.
        Assert.DoesNotContain("delimiter", store.Proxy.Requests.Last(request => request.Contains("uploads", StringComparison.Ordinal)));

        // Folders further down are not those of this run.
        Assert.EndsWith("other/run/a", Assert.ContainsSingle(await store.UploadsAsync()));
    }

    [TestMethod]
    [DataRow("moto")]
    [DataRow("azurite")]
    public void Read_ObjectIsReplaced_ReportsIt(string kind)
    {
        using var store = new TestStore(kind);
        var storage = store.Open();
        storage.Write(store["a"], Content(Bytes(100, 1)), CancellationToken.None);
        using var reader = storage.Open(store["a"]);
        storage.Write(store["a"], Content(Bytes(100, 2)), CancellationToken.None);
        Assert.Contains("replaced", Assert.ThrowsExactly<CheckpointException>(() => reader.Read(0, new byte[100])).Message);
    }

    [TestMethod]
    public void Open_PathWithACredential_IsRefusedWithoutShowingIt()
    {
        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => new AzureBlobStorage().Open("https://a.blob.core.windows.net/c/run?sig=secret"));
        Assert.DoesNotContain("secret", failure.ToString());
    }

    internal static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(TestStore.Part + 1)]
    public void Write_PlainHttpEndpointOfEnvironment_IsReadBack(int length)
    {
        const string Variable = "AWS_ENDPOINT_URL_S3";
        using var store = new TestStore("moto");
        var before = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, store.Proxy.Url.AbsoluteUri);
        try
        {
            var options = new S3StorageOptions { Region = "us-east-1", ForcePathStyle = true, PartSize = TestStore.Part, Retries = 0 };
            using var client = S3Storage.CreateClient(options, new BasicAWSCredentials("S3RVER", "S3RVER"));
            var storage = new S3Storage(options, client);
            var bytes = Bytes(length, 2);
            storage.Write(store["a.ckpt"], Content(bytes), CancellationToken.None);
            CollectionAssert.AreEqual(bytes, Read(storage, store["a.ckpt"]));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, before);
        }
    }

    /// <summary>A few bytes in front and memory behind them, as in a checkpoint, so that parts are gathered and written in place.</summary>
    internal static FileContent Content(byte[] bytes)
    {
        var content = new FileContent();
        var head = bytes.Length / 3;
        content.Add(bytes[..head]);
        if (bytes.Length > head)
        {
            var copy = GC.AllocateArray<byte>(bytes.Length - head, pinned: true);
            bytes.AsSpan(head).CopyTo(copy);
            content.AddMemory(Marshal.UnsafeAddrOfPinnedArrayElement(copy, 0), copy.Length, copy);
        }

        return content;
    }

    internal static byte[] Read(ObjectStorage storage, string path)
    {
        using var reader = storage.Open(path);
        var bytes = new byte[reader.Length];
        reader.Read(0, bytes);
        return bytes;
    }
}
