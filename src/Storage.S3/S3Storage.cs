using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Polly;
using Polly.Retry;

namespace Fulgurite.IO;

/// <summary>
/// Stores files as objects of Amazon S3 or a compatible service, at <c>s3://bucket/key</c>. The AWS SDK finds the credentials and retries
/// requests.
/// </summary>
public sealed class S3Storage : ObjectStorage
{
    private const long LargestCopy = 5L << 30;

    private readonly Lazy<IAmazonS3> _client;
    private readonly ResiliencePipeline _reads;
    private readonly TimeSpan _timeout;

    /// <summary>Initializes a storage on S3.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="client">
    /// The client, with retries, timeout and endpoint of its own; null to create one from the options, with the credentials that the SDK
    /// finds. It is not disposed.
    /// </param>
    public S3Storage(S3StorageOptions? options = null, IAmazonS3? client = null)
        : base(options ??= new S3StorageOptions())
    {
        _timeout = options.RequestTimeout;

        // Not now: the SDK reads profiles and may ask the metadata service of the instance.
        _client = client is null ? new Lazy<IAmazonS3>(() => CreateClient(options, credentials: null)) : new Lazy<IAmazonS3>(client);
        _reads = options.Retries == 0 ? ResiliencePipeline.Empty : new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<IOException>().Handle<HttpRequestException>()
                    .Handle<TimeoutException>().Handle<AmazonServiceException>(IsTransient),
                MaxRetryAttempts = options.Retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(20),
            })
            .Build();
    }

    /// <inheritdoc/>
    public override bool Handles(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.StartsWith(S3Location.Scheme, StringComparison.OrdinalIgnoreCase);
    }

    internal static AmazonS3Client CreateClient(S3StorageOptions options, AWSCredentials? credentials)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.ForcePathStyle,
            MaxErrorRetry = options.Retries,
            RetryMode = RequestRetryMode.Standard,
            Timeout = options.RequestTimeout,
        };
        if (options.Region is not null)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        if (options.ServiceUrl is not null)
        {
            // Clears the region, which then only counts for signatures.
            config.ServiceURL = options.ServiceUrl;
            config.AuthenticationRegion = options.Region ?? "us-east-1";
        }

        return credentials is null ? new AmazonS3Client(config) : new AmazonS3Client(credentials, config);
    }

    /// <inheritdoc/>
    protected override async Task<ObjectUpload> StartUploadAsync(ObjectWrite write, bool isSingle, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        if (isSingle)
        {
            return new S3Upload(_client.Value, write, started: null);
        }

        var location = S3Location.Of(write.Path);
        var request = new InitiateMultipartUploadRequest
        {
            BucketName = location.Bucket,
            Key = location.Key,
            ChecksumAlgorithm = ChecksumAlgorithm.CRC32,
            ChecksumType = ChecksumType.FULL_OBJECT,
        };
        request.Metadata.Add(S3Upload.WriteIdKey, write.WriteId);
        var response = await _client.Value.InitiateMultipartUploadAsync(request, cancellationToken).ConfigureAwait(false);
        return new S3Upload(_client.Value, write, response);
    }

    /// <inheritdoc/>
    protected override async Task<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken)
    {
        var location = S3Location.Of(path);
        try
        {
            var request = new GetObjectMetadataRequest { BucketName = location.Bucket, Key = location.Key };
            if (_client.Value.Config.ResponseChecksumValidation == ResponseChecksumValidation.WHEN_SUPPORTED)
            {
                request.ChecksumMode = ChecksumMode.ENABLED;
            }

            var found = await _client.Value.GetObjectMetadataAsync(request, cancellationToken).ConfigureAwait(false);
            return new ObjectInfo(found.ContentLength, found.ETag, found.Metadata[S3Upload.WriteIdKey], S3Upload.ChecksumOf(found));
        }
        catch (AmazonServiceException exception) when (exception.StatusCode == HttpStatusCode.NotFound
            && exception.ErrorCode != "NoSuchBucket")
        {
            return null;
        }
    }

    /// <inheritdoc/>
    protected override async Task ReadAsync(
        string path, ObjectInfo info, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(info);
        var location = S3Location.Of(path);
        await _reads.ExecuteAsync(
            async token =>
            {
                var request = new GetObjectRequest
                {
                    BucketName = location.Bucket,
                    Key = location.Key,
                    ByteRange = new ByteRange(offset, offset + destination.Length - 1),
                    EtagToMatch = info.Version,
                };
                using var response = await _client.Value.GetObjectAsync(request, token).ConfigureAwait(false);
                await ReadBodyAsync(response.ResponseStream, destination, token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        var location = S3Location.Of(path);
        return _client.Value.DeleteObjectAsync(location.Bucket, location.Key, cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task<bool> TryCopyAsync(
        string existing, ObjectInfo info, string path, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(info);
        if (info.Length > LargestCopy)
        {
            return false;
        }

        var (from, to) = (S3Location.Of(existing), S3Location.Of(path));
        var request = new CopyObjectRequest
        {
            SourceBucket = from.Bucket,
            SourceKey = from.Key,
            DestinationBucket = to.Bucket,
            DestinationKey = to.Key,
            ETagToMatch = info.Version,
        };
        try
        {
            await _client.Value.CopyObjectAsync(request, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (AmazonServiceException exception) when (exception.StatusCode
            is HttpStatusCode.PreconditionFailed or HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<CheckpointEntry>> ListAsync(string directory, CancellationToken cancellationToken)
    {
        var folder = S3Location.Of(directory + "/");
        return await PagesOf(folder)
            .SelectMany(page => page.S3Objects ?? [])
            .Where(found => found.Key.Length > folder.Key.Length)
            .Select(found => new CheckpointEntry(
                $"{directory}/{found.Key[folder.Key.Length..]}", found.Size,
                found.LastModified is { } time ? new DateTimeOffset(time.ToUniversalTime()) : null))
            .ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<string>> ListFoldersAsync(string directory, CancellationToken cancellationToken)
    {
        var folder = S3Location.Of(directory + "/");
        return await PagesOf(folder)
            .SelectMany(page => page.CommonPrefixes ?? [])
            .Select(prefix => $"{directory}/{prefix[folder.Key.Length..].TrimEnd('/')}")
            .ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task SweepUploadsAsync(string directory, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var folder = S3Location.Of(directory + "/");

        // Without a delimiter: the uploads of subfolders, such as those of sharded checkpoints, would only be listed as prefixes.
        var request = new ListMultipartUploadsRequest { BucketName = folder.Bucket, Prefix = folder.Key };
        while (true)
        {
            var page = await _client.Value.ListMultipartUploadsAsync(request, cancellationToken).ConfigureAwait(false);
            foreach (var upload in (page.MultipartUploads ?? []).Where(
                upload => upload.Initiated?.ToUniversalTime() <= before.UtcDateTime
                    && upload.Key.AsSpan(Math.Min(folder.Key.Length, upload.Key.Length)).Count('/') <= 1))
            {
                await _client.Value.AbortMultipartUploadAsync(folder.Bucket, upload.Key, upload.UploadId, cancellationToken)
                    .ConfigureAwait(false);
            }

            if (page.IsTruncated != true)
            {
                return;
            }

            request.KeyMarker = page.NextKeyMarker;
            request.UploadIdMarker = page.NextUploadIdMarker;
        }
    }

    /// <inheritdoc/>
    protected override (string Found, bool IsTransient)? Explain(Exception exception) => exception switch
    {
        AmazonServiceException { StatusCode: HttpStatusCode.PreconditionFailed } =>
            (
                "the object exists already or was replaced meanwhile: another run uses this folder. "
                    + "Let each run save to a folder of its own.",
                false),
        AmazonServiceException { ErrorCode: "ExpiredToken" or "ExpiredTokenException" or "TokenRefreshRequired" } =>
            ("the credentials have expired. Renew them where the AWS SDK finds them (environment, profile or role).", true),
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } service =>
            (
                $"access is denied ({service.ErrorCode}). The credentials need s3:GetObject, s3:PutObject, s3:DeleteObject, "
                    + "s3:ListBucket and s3:AbortMultipartUpload.",
                false),
        AmazonServiceException { ErrorCode: "NoSuchBucket" } => ("the bucket does not exist. Create it, or give another URL.", false),
        AmazonServiceException service =>
            (
                $"the store answered {(int)service.StatusCode} {service.ErrorCode}. "
                    + $"{(IsTransient(service) ? "Try again." : service.Message)}",
                IsTransient(service)),
        AmazonUnmarshallingException or System.Xml.XmlException => ("the response of the store is damaged. Try again.", true),
        AmazonClientException => (
            "the AWS SDK found no credentials or could not send the request. Set a profile, a role or AWS_ACCESS_KEY_ID.", false),
        IOException or HttpRequestException => ($"the connection failed ({exception.Message}). Check the network and the endpoint.", true),
        _ => null,
    };

    /// <summary>Reads the body of a response; the timeout of the SDK ends with the headers.</summary>
    private async Task ReadBodyAsync(Stream body, Memory<byte> destination, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        try
        {
            await FillAsync(body, destination, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The body of a response did not arrive within {_timeout}.", exception);
        }
    }

    private IAsyncEnumerable<ListObjectsV2Response> PagesOf(S3Location folder) => _client.Value.Paginators
        .ListObjectsV2(new ListObjectsV2Request { BucketName = folder.Bucket, Prefix = folder.Key, Delimiter = "/" }).Responses;

    private static bool IsTransient(AmazonServiceException exception) =>
        (int)exception.StatusCode is 0 or 408 or 429 or >= 500 || exception.ErrorCode is "BadDigest" or "RequestTimeout" or "SlowDown";
}

/// <summary>The bucket and key of a URL.</summary>
internal readonly record struct S3Location(string Bucket, string Key)
{
    public const string Scheme = "s3://";

    /// <summary>Splits <c>s3://bucket/key</c>; the key is used as it is written.</summary>
    public static S3Location Of(string path)
    {
        var rest = path.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? path[Scheme.Length..] : string.Empty;
        var slash = rest.IndexOf('/');
        var bucket = slash < 0 ? rest : rest[..slash];
        return bucket.Length > 0
            ? new S3Location(bucket, slash < 0 ? string.Empty : rest[(slash + 1)..])
            : throw new CheckpointException($"'{path}' contains no bucket. Use s3://bucket/folder.", path);
    }
}

/// <summary>Options of <see cref="S3Storage"/>. Credentials are found by the AWS SDK and are not options.</summary>
public sealed class S3StorageOptions : ObjectStorageOptions
{
    /// <summary>Gets or sets the URL of an S3-compatible service, such as <c>https://minio.example:9000</c>.</summary>
    /// <value>The default is null, for Amazon S3 or the endpoint in <c>AWS_ENDPOINT_URL_S3</c>.</value>
    public string? ServiceUrl { get; set; }

    /// <summary>Gets or sets the region, such as <c>eu-central-1</c>.</summary>
    /// <value>The default is null, for the region of the environment, the profile or the instance.</value>
    public string? Region { get; set; }

    /// <summary>Gets or sets a value indicating whether the bucket is part of the path of requests instead of the host name.</summary>
    /// <value>The default is false. Most S3-compatible services need true.</value>
    public bool ForcePathStyle { get; set; }
}
