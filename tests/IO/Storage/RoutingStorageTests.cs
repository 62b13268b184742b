namespace Fulgurite.Tests.IO.Storage;

/// <summary>The storage that a path selects.</summary>
[TestClass]
public sealed class RoutingStorageTests
{
    private readonly MemoryStorage _local = new();
    private readonly UrlStorage _bucket = new("s3://");
    private readonly UrlStorage _account = new("https://account.blob.");
    private readonly UrlStorage _anyHost = new("https://");
    private readonly RoutingStorage _storage;

    public RoutingStorageTests() => _storage = new RoutingStorage(_local, _bucket, _account, _anyHost);

    [TestMethod]
    public void Write_EachScheme_GoesToTheFirstThatHandlesIt()
    {
        string[] paths = ["s3://bucket/run/a.ckpt", "https://account.blob.example/run/a.ckpt", "https://other/run/a.ckpt", "/run/a.ckpt"];
        MemoryStorage[] storages = [_bucket.Files, _account.Files, _anyHost.Files, _local];
        foreach (var path in paths)
        {
            Assert.AreEqual(1, _storage.Write(path, Content(), CancellationToken.None));
        }

        for (var index = 0; index < paths.Length; index++)
        {
            CollectionAssert.AreEqual(new[] { paths[index] }, storages[index].Paths.ToList());
            Assert.IsTrue(_storage.Exists(paths[index]));
            using var reader = _storage.Open(paths[index]);
            Assert.AreEqual(1, reader.Length);
            Assert.AreEqual(paths[index], Assert.ContainsSingle(_storage.List(paths[index][..^"/a.ckpt".Length])).Path);
            _storage.Delete(paths[index]);
            Assert.IsEmpty(storages[index].Paths);
        }
    }

    [TestMethod]
    public void TryLink_AcrossStorages_IsRefusedAndWithinOneItLinks()
    {
        _storage.Write("s3://bucket/a", Content(), CancellationToken.None);

        Assert.IsFalse(_storage.TryLink("s3://bucket/a", "/a"));
        Assert.IsFalse(_storage.TryLink("s3://bucket/a", "https://account.blob.example/a"));
        Assert.IsTrue(_storage.TryLink("s3://bucket/a", "s3://bucket/b"));

        Assert.IsEmpty(_local.Paths);
        Assert.HasCount(2, _bucket.Files.Paths);
    }

    [TestMethod]
    public void TryClaim_OneNameInTwoStorages_AreTwoClaims()
    {
        using var one = _storage.TryClaim("s3://bucket/a", mayBeThere: false);
        using var two = _storage.TryClaim("/bucket/a", mayBeThere: false);

        Assert.IsNotNull(one);
        Assert.IsNotNull(two);
        Assert.IsNull(_storage.TryClaim("s3://bucket/a", mayBeThere: false));
    }

    [TestMethod]
    [DataRow("s3://bucket/run", "Fulgurite.Storage.S3", "AddS3Storage()")]
    [DataRow("S3://bucket/run", "Fulgurite.Storage.S3", "AddS3Storage()")]
    [DataRow("https://account.blob.core.windows.net/c/run?sig=secret", "Fulgurite.Storage.AzureBlobs", "AddAzureBlobStorage()")]
    [DataRow("http://127.0.0.1:10000/account/c/run", "Fulgurite.Storage.AzureBlobs", "AddAzureBlobStorage()")]
    [DataRow("gs://bucket/run", "IUrlStorage for gs", "AddUrlStorage()")]
    public void Probe_SchemeThatNothingHandles_NamesTheRemedy(string directory, string package, string method)
    {
        var storage = new RoutingStorage(new LocalStorage(), new UrlStorage("other://"));
        foreach (var use in new Action[]
        {
            () => storage.Probe(directory),
            () => storage.Write(directory + "/a.ckpt", Content(), CancellationToken.None),
            () => storage.Open(directory + "/a.ckpt"),
            () => storage.List(directory),
        })
        {
            var failure = Assert.ThrowsExactly<CheckpointException>(use);
            Assert.Contains("There is no storage for", failure.Message);
            Assert.Contains(package, failure.Message);
            Assert.Contains(method, failure.Message);
            Assert.DoesNotContain("secret", failure.ToString());
        }
    }

    [TestMethod]
    public void Of_NoPath_IsRefused() => Assert.ThrowsExactly<ArgumentException>(() => _storage.Exists(string.Empty));

    private static FileContent Content()
    {
        var content = new FileContent();
        content.Add([1]);
        return content;
    }

    private sealed class UrlStorage(string prefix) : IUrlStorage
    {
        public MemoryStorage Files { get; } = new();

        public bool Handles(string path) => path.StartsWith(prefix, StringComparison.Ordinal);

        public long Write(string path, FileContent content, CancellationToken cancellationToken) =>
            Files.Write(path, content, cancellationToken);

        public StorageReader Open(string path) => Files.Open(path);

        public bool Exists(string path) => Files.Exists(path);

        public void Delete(string path) => Files.Delete(path);

        public bool TryLink(string existing, string path) => Files.TryLink(existing, path);

        public IReadOnlyList<CheckpointEntry> List(string directory) => Files.List(directory);

        public long? GetAvailableBytes(string path) => null;
    }
}
