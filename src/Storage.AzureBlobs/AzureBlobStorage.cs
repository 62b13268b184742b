using System.Collections.Concurrent;
using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Fulgurite.IO;

/// <summary>
/// Stores files as block blobs of Azure Blob Storage, at <c>https://account.blob.core.windows.net/container/name</c>. The Azure SDK finds
/// the credentials and retries requests.
/// </summary>
public sealed class AzureBlobStorage : ObjectStorage
{
    private readonly AzureBlobStorageOptions _options;
    private readonly BlobServiceClient? _client;
    private readonly string? _root;
    private readonly ConcurrentDictionary<string, BlobServiceClient> _accounts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lazy<TokenCredential> _credential = new(() => new DefaultAzureCredential());

    /// <summary>Initializes a storage on Azure Blob Storage.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="client">
    /// The client of an account, an emulator or a custom domain, with retries and credentials of its own; null to create one for each
    /// account, with <see cref="DefaultAzureCredential"/>.
    /// </param>
    public AzureBlobStorage(AzureBlobStorageOptions? options = null, BlobServiceClient? client = null)
        : base(options ??= new AzureBlobStorageOptions())
    {
        _options = options;
        _client = client;
        _root = client is null ? null : client.Uri.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/";
    }

    /// <inheritdoc/>
    public override bool Handles(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return IsOfClient(path)
            || (
                path.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
                    && RootOf(path).Contains(".blob.", StringComparison.OrdinalIgnoreCase));
    }

    internal static BlobClientOptions CreateOptions(AzureBlobStorageOptions options)
    {
        var created = new BlobClientOptions();
        created.Retry.Mode = RetryMode.Exponential;
        created.Retry.MaxRetries = options.Retries;
        created.Retry.NetworkTimeout = options.RequestTimeout;
        return created;
    }

    /// <inheritdoc/>
    protected override Task<ObjectUpload> StartUploadAsync(ObjectWrite write, bool isSingle, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        return Task.FromResult<ObjectUpload>(new BlobUpload(BlobOf(write.Path), write, isSingle));
    }

    /// <inheritdoc/>
    protected override async Task<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties found = await BlobOf(path).GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return new ObjectInfo(
                found.ContentLength, found.ETag.ToString(), found.Metadata.TryGetValue(BlobUpload.WriteIdKey, out var id) ? id : null,
                BlobUpload.ChecksumOf(found.Metadata));
        }
        catch (RequestFailedException exception) when (exception.Status == 404 && exception.ErrorCode != BlobErrorCode.ContainerNotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    protected override async Task ReadAsync(
        string path, ObjectInfo info, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(info);
        var options = new BlobDownloadOptions
        {
            Range = new HttpRange(offset, destination.Length),
            Conditions = new BlobRequestConditions { IfMatch = new ETag(info.Version) },
        };

        // The stream of the SDK resumes by itself if the connection breaks.
        using BlobDownloadStreamingResult result = await BlobOf(path).DownloadStreamingAsync(options, cancellationToken)
            .ConfigureAwait(false);
        await FillAsync(result.Content, destination, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override Task DeleteAsync(string path, CancellationToken cancellationToken) =>
        BlobOf(path).DeleteIfExistsAsync(cancellationToken: cancellationToken);

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<CheckpointEntry>> ListAsync(string directory, CancellationToken cancellationToken)
    {
        var (items, prefix) = ItemsOf(directory);
        return await items
            .Where(item => item.IsBlob && item.Blob.Name.Length > prefix.Length)
            .Select(item => new CheckpointEntry(
                $"{directory}/{item.Blob.Name[prefix.Length..]}", item.Blob.Properties.ContentLength, item.Blob.Properties.LastModified))
            .ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<string>> ListFoldersAsync(string directory, CancellationToken cancellationToken)
    {
        var (items, prefix) = ItemsOf(directory);
        return await items
            .Where(item => item.IsPrefix)
            .Select(item => $"{directory}/{item.Prefix[prefix.Length..].TrimEnd('/')}")
            .ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override (string Found, bool IsTransient)? Explain(Exception exception) => exception switch
    {
        RequestFailedException { Status: 412 } or RequestFailedException { ErrorCode: "BlobAlreadyExists" } =>
            (
                "the blob exists already or was replaced meanwhile: another run uses this folder. "
                    + "Let each run save to a folder of its own.",
                false),
        RequestFailedException { Status: 401 or 403 } failed =>
            (
                $"access is denied ({failed.ErrorCode}). Renew the credentials, "
                    + "or give the identity the role 'Storage Blob Data Contributor'.",
                failed.Status == 401),
        RequestFailedException { ErrorCode: "ContainerNotFound" } => (
            "the container does not exist. Create it, or give another URL.", false),
        RequestFailedException failed =>
            (
                $"the store answered {failed.Status} {failed.ErrorCode}. "
                    + $"{(IsTransient(failed) ? "Try again." : "Check the URL and the account.")}",
                IsTransient(failed)),
        AuthenticationFailedException => (
            "the Azure SDK found no credentials. Sign in (az login), or set a managed identity or AZURE_CLIENT_ID.", false),
        AggregateException { InnerExceptions: [.., var last] } => Explain(last),
        OperationCanceledException => ("the store did not answer in time. Check the network, or raise RequestTimeout.", true),
        System.Xml.XmlException => ("the response of the store is damaged. Try again.", true),
        InvalidDataException => ("the store did not confirm the checksum. Try again.", true),
        IOException or HttpRequestException => ($"the connection failed ({exception.Message}). Check the network and the endpoint.", true),
        _ => null,
    };

    private static bool IsTransient(RequestFailedException exception) =>
        exception.Status is 0 or 408 or 429 or >= 500 || exception.ErrorCode is "Md5Mismatch";

    private static string RootOf(string path)
    {
        var end = path.IndexOf('/', path.IndexOf("://", StringComparison.Ordinal) + 3);
        return end < 0 ? path + "/" : path[..(end + 1)];
    }

    private bool IsOfClient(string path) => _root is not null && path.StartsWith(_root, StringComparison.OrdinalIgnoreCase);

    private (IAsyncEnumerable<BlobHierarchyItem> Items, string Prefix) ItemsOf(string directory)
    {
        var (service, container, prefix) = Split(directory + "/");
        var options = new GetBlobsByHierarchyOptions { Delimiter = "/", Prefix = prefix };
        return (service.GetBlobContainerClient(container).GetBlobsByHierarchyAsync(options), prefix);
    }

    private BlockBlobClient BlobOf(string path)
    {
        var (service, container, name) = Split(path);
        return service.GetBlobContainerClient(container).GetBlockBlobClient(name);
    }

    private (BlobServiceClient Service, string Container, string Name) Split(string path)
    {
        var root = IsOfClient(path) ? _root! : RootOf(path);
        var rest = path[Math.Min(root.Length, path.Length)..];
        var slash = rest.IndexOf('/');
        if (slash <= 0 || rest.Contains('?'))
        {
            var shown = path.Split('?')[0];
            throw new CheckpointException(
                $"'{shown}' must be https://account.blob.core.windows.net/container/folder, without a query: "
                    + "credentials do not belong in paths.",
                shown);
        }

        var service = IsOfClient(path)
            ? _client!
            : _accounts.GetOrAdd(root, url => new BlobServiceClient(new Uri(url), _credential.Value, CreateOptions(_options)));
        return (service, rest[..slash], rest[(slash + 1)..]);
    }
}

/// <summary>Options of <see cref="AzureBlobStorage"/>. Credentials are found by the Azure SDK and are not options.</summary>
public sealed class AzureBlobStorageOptions : ObjectStorageOptions
{
}
