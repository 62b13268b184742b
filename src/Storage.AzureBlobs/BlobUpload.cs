using System.Buffers.Binary;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Fulgurite.IO;

/// <summary>
/// An upload of blocks, or a single put of a blob of one block. Azure verifies the MD5 of each. Blocks that are not committed are
/// invisible, and the service removes them a week after the last one or when the blob is next written.
/// </summary>
internal sealed class BlobUpload(BlockBlobClient blob, ObjectWrite write, bool isSingle) : ObjectUpload
{
    public const string WriteIdKey = "fulgurite_write";

    // The IDs of different writes differ, so that a commit never takes blocks of another one.
    private readonly byte[] _prefix = Guid.NewGuid().ToByteArray();
    private int _count;

    private static UploadTransferValidationOptions Checked => new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };

    private Dictionary<string, string> Metadata => new(StringComparer.Ordinal) { [WriteIdKey] = write.WriteId };

    private BlobRequestConditions? Conditions => write.MustBeNew ? new BlobRequestConditions { IfNoneMatch = ETag.All } : null;

    public override Task WritePartAsync(int index, Stream bytes, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        return isSingle
            ? PutAsync(bytes, cancellationToken)
            : blob.StageBlockAsync(IdOf(index), bytes, new BlockBlobStageBlockOptions { TransferValidation = Checked }, cancellationToken);
    }

    public override async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (!isSingle)
        {
            var options = new CommitBlockListOptions { Metadata = Metadata, Conditions = Conditions };
            await blob.CommitBlockListAsync(Enumerable.Range(0, _count).Select(IdOf), options, cancellationToken).ConfigureAwait(false);
        }
        else if (write.Length == 0)
        {
            using var empty = new MemoryStream();
            await PutAsync(empty, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Does nothing: blocks cannot be removed one by one without touching the blob.</summary>
    public override Task AbortAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task PutAsync(Stream bytes, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions
        {
            Metadata = Metadata,
            Conditions = Conditions,
            TransferValidation = Checked,

            // Below the initial size, the SDK puts the blob with one request.
            TransferOptions = new StorageTransferOptions { InitialTransferSize = bytes.Length + 1, MaximumTransferSize = bytes.Length + 1 },
        };
        await blob.UploadAsync(bytes, options, cancellationToken).ConfigureAwait(false);
    }

    private string IdOf(int index)
    {
        // All IDs of a blob must have one length, also those of abandoned uploads.
        Span<byte> id = stackalloc byte[20];
        _prefix.CopyTo(id);
        BinaryPrimitives.WriteInt32BigEndian(id[16..], index);
        return Convert.ToBase64String(id);
    }
}
