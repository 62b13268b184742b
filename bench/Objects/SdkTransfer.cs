using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Fulgurite.IO;

namespace Fulgurite.Bench.Objects;

/// <summary>A store, as our storage and as the SDK's own transfer of a file, with the same part size and concurrency.</summary>
internal abstract class SdkTransfer : IDisposable
{
    protected const int PartSize = 8 << 20;
    protected const int Concurrency = 8;

    // Of the emulators; both are published.
    private const string AzuriteKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private const string Container = "bucket";

    /// <summary>Gets the URL of the folder for checkpoints.</summary>
    public abstract string Folder { get; }

    /// <summary>Creates the transfer of a store, and its bucket or container.</summary>
    public static SdkTransfer Of(string kind, Uri endpoint) => kind == "azurite" ? new Blobs(endpoint) : new S3(endpoint, kind == "moto");

    /// <summary>Creates our storage.</summary>
    public abstract IStorage CreateStorage();

    /// <summary>Uploads a file.</summary>
    public abstract Task UploadAsync(string file);

    /// <summary>Downloads it in parallel ranges to a stream, in order.</summary>
    public abstract Task DownloadAsync(Stream destination);

    /// <summary>Downloads it in parallel ranges to a file.</summary>
    public abstract Task DownloadAsync(string file);

    public abstract void Dispose();

    private sealed class S3 : SdkTransfer
    {
        private readonly AmazonS3Client _client;
        private readonly TransferUtility _transfer;

        public S3(Uri endpoint, bool createsBucket)
        {
            // Neither emulator reads checksums behind the body, which the SDK appends otherwise.
            _client = new PlainClient(new BasicAWSCredentials("S3RVER", "S3RVER"), new AmazonS3Config
            {
                ServiceURL = endpoint.AbsoluteUri,
                ForcePathStyle = true,
                AuthenticationRegion = "us-east-1",
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            });
            _transfer = new TransferUtility(
                _client, new TransferUtilityConfig { ConcurrentServiceRequests = Concurrency, MinSizeBeforePartUpload = PartSize });
            if (createsBucket)
            {
                _client.PutBucketAsync(Container).GetAwaiter().GetResult();
            }
        }

        public override string Folder => $"s3://{Container}/run";

        public override IStorage CreateStorage() =>
            new S3Storage(new S3StorageOptions { PartSize = PartSize, Concurrency = Concurrency }, _client);

        public override Task UploadAsync(string file) => _transfer.UploadAsync(new TransferUtilityUploadRequest
        {
            BucketName = Container,
            Key = "sdk",
            FilePath = file,
            PartSize = PartSize,
        });

        // Ranges, not parts, the default: the emulators answer a request for a part with the whole object. The older methods without
        // "WithResponse" use one connection.
        public override async Task DownloadAsync(Stream destination)
        {
            using var response = await _transfer.OpenStreamWithResponseAsync(new TransferUtilityOpenStreamRequest
            {
                BucketName = Container,
                Key = "sdk",
                PartSize = PartSize,
                MultipartDownloadType = MultipartDownloadType.RANGE,
            });
            await response.ResponseStream.CopyToAsync(destination, PartSize);
        }

        public override Task DownloadAsync(string file) => _transfer.DownloadWithResponseAsync(new TransferUtilityDownloadRequest
        {
            BucketName = Container,
            Key = "sdk",
            FilePath = file,
            PartSize = PartSize,
            MultipartDownloadType = MultipartDownloadType.RANGE,
        });

        public override void Dispose()
        {
            _transfer.Dispose();
            _client.Dispose();
        }
    }

    /// <summary>Sends bodies as they are: s3rver would store the signatures between their chunks as part of them.</summary>
    private sealed class PlainClient(AWSCredentials credentials, AmazonS3Config config) : AmazonS3Client(credentials, config)
    {
        public override Task<UploadPartResponse> UploadPartAsync(UploadPartRequest request, CancellationToken cancellationToken = default)
        {
            request.UseChunkEncoding = false;
            return base.UploadPartAsync(request, cancellationToken);
        }
    }

    private sealed class Blobs : SdkTransfer
    {
        private static readonly StorageTransferOptions Options = new()
        {
            InitialTransferSize = PartSize,
            MaximumTransferSize = PartSize,
            MaximumConcurrency = Concurrency,
        };

        private readonly BlobServiceClient _service;
        private readonly BlobClient _blob;

        public Blobs(Uri endpoint)
        {
            var account = new Uri(endpoint, "devstoreaccount1");
            _service = new BlobServiceClient(account, new StorageSharedKeyCredential("devstoreaccount1", AzuriteKey));
            Folder = $"{account}/{Container}/run";
            _service.GetBlobContainerClient(Container).CreateIfNotExists();
            _blob = _service.GetBlobContainerClient(Container).GetBlobClient("sdk");
        }

        public override string Folder { get; }

        public override IStorage CreateStorage() =>
            new AzureBlobStorage(new AzureBlobStorageOptions { PartSize = PartSize, Concurrency = Concurrency }, _service);

        public override Task UploadAsync(string file) => _blob.UploadAsync(file, new BlobUploadOptions { TransferOptions = Options });

        public override Task DownloadAsync(Stream destination) =>
            _blob.DownloadToAsync(destination, new BlobDownloadToOptions { TransferOptions = Options });

        public override Task DownloadAsync(string file) =>
            _blob.DownloadToAsync(file, new BlobDownloadToOptions { TransferOptions = Options });

        public override void Dispose()
        {
        }
    }
}
