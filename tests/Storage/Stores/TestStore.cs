using Amazon.Runtime;
using Amazon.S3;
using Azure.Storage;
using Azure.Storage.Blobs;

namespace Fulgurite.Tests.Storage.Stores;

/// <summary>A folder of its own in a store, through a proxy.</summary>
public sealed class TestStore : IDisposable
{
    public const string Secret = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>The smallest part; content of a few of them is uploaded in parts.</summary>
    public const int Part = 5 << 20;

    private static int _folders;

    private readonly string _kind;
    private readonly AmazonS3Client? _s3;

    public TestStore(string kind)
    {
        _kind = kind;
        Proxy = new FaultProxy(StoreServer.Start(kind));
        var folder = $"run{Interlocked.Increment(ref _folders)}";
        if (kind == "azurite")
        {
            Folder = $"{Proxy.Url}devstoreaccount1/container/{folder}";
            Blobs(Proxy.Url, retries: 3).GetBlobContainerClient("container").CreateIfNotExists();
        }
        else
        {
            Folder = $"s3://bucket/{folder}";
            _s3 = S3(Proxy.Url, retries: 3);
            if (kind == "moto")
            {
                _s3.PutBucketAsync("bucket").GetAwaiter().GetResult();
            }
        }
    }

    /// <summary>Creates a store for tests that also run on s3rver where there is no moto.</summary>
    /// <param name="kind">moto or azurite.</param>
    /// <param name="fault">The fault of the test. s3rver reports no checksum: it is not wrong, and damage goes unnoticed.</param>
    public static TestStore ForFaults(string kind, Fault fault = Fault.None)
    {
        var store = new TestStore(kind == "moto" ? StoreServer.MotoOrS3rver() : kind);
        if (fault is Fault.WrongStoredChecksum or Fault.CorruptResponse && store.Kind == "s3rver")
        {
            store.Dispose();
            Assert.Inconclusive("Only moto reports checksums. Run eng/object-stores.sh.");
        }

        return store;
    }

    /// <summary>Gets the server: moto, s3rver or azurite.</summary>
    public string Kind => _kind;

    public FaultProxy Proxy { get; }

    public string Folder { get; }

    public AmazonS3Client Client => _s3!;

    public string this[string name] => $"{Folder}/{name}";

    /// <summary>Creates a storage of this store.</summary>
    public ObjectStorage Open(int retries = 3, TimeSpan? stale = null, TimeSpan? timeout = null) => _kind == "azurite"
        ? new AzureBlobStorage(With(new AzureBlobStorageOptions()), Blobs(Proxy.Url, retries, timeout))
        : new S3Storage(
            With(new S3StorageOptions
            {
                Retries = retries,
                StaleUploadAge = stale ?? TimeSpan.FromDays(1),
                RequestTimeout = timeout ?? new S3StorageOptions().RequestTimeout,
            }),
            S3(Proxy.Url, retries, timeout));

    public void Dispose()
    {
        _s3?.Dispose();
        Proxy.Dispose();
    }

    /// <summary>Returns the keys of the unfinished multipart uploads in the folder.</summary>
    public async Task<IReadOnlyList<string>> UploadsAsync() =>
    [
        .. ((await Client.ListMultipartUploadsAsync("bucket")).MultipartUploads ?? [])
            .Select(upload => upload.Key)
            .Where(key => $"s3://bucket/{key}".StartsWith(Folder + "/", StringComparison.Ordinal)),
    ];

    /// <summary>Creates a client of an S3-compatible store.</summary>
    public static AmazonS3Client S3(Uri endpoint, int retries, TimeSpan? timeout = null) => S3Storage.CreateClient(
        new S3StorageOptions
        {
            ServiceUrl = endpoint.AbsoluteUri,
            ForcePathStyle = true,
            Retries = retries,
            RequestTimeout = timeout ?? new S3StorageOptions().RequestTimeout,
        },
        new BasicAWSCredentials("S3RVER", "S3RVER"));

    /// <summary>Creates a client of Azurite.</summary>
    public static BlobServiceClient Blobs(Uri endpoint, int retries, TimeSpan? timeout = null)
    {
        var options = AzureBlobStorage.CreateOptions(
            new AzureBlobStorageOptions { Retries = retries, RequestTimeout = timeout ?? new AzureBlobStorageOptions().RequestTimeout });
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        return new BlobServiceClient(
            new Uri($"{endpoint}devstoreaccount1"), new StorageSharedKeyCredential("devstoreaccount1", Secret), options);
    }

    private static TOptions With<TOptions>(TOptions options)
        where TOptions : ObjectStorageOptions
    {
        (options.PartSize, options.Concurrency) = (Part, 3);
        return options;
    }
}
