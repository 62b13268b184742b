using System.Buffers.Binary;
using System.Globalization;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Fulgurite.IO;

/// <summary>
/// An upload of blocks, or a single put of a blob of one block. Azure verifies the MD5 of each, and keeps the CRC-32 of the whole blob as
/// metadata. Blocks that are not committed are invisible, and the service removes them a week after the last one or when the blob is next
/// written.
/// </summary>
internal sealed class BlobUpload(BlockBlobClient blob, ObjectWrite write, bool isSingle) : ObjectUpload
{
    public const string WriteIdKey = "fulgurite_write";

    private const string ChecksumKey = "fulgurite_crc32";

    // The IDs of different writes differ, so that a commit never takes blocks of another one.
    private readonly byte[] _prefix = Guid.NewGuid().ToByteArray();
    private int _count;

    private static UploadTransferValidationOptions Checked => new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };

    private BlobRequestConditions? Conditions => write.MustBeNew ? new BlobRequestConditions { IfNoneMatch = ETag.All } : null;

    /// <summary>Returns the CRC-32 in the metadata of a blob; null if there is none.</summary>
    public static uint? ChecksumOf(IDictionary<string, string> metadata) =>
        metadata.TryGetValue(ChecksumKey, out var text)
            && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var checksum)
            ? checksum
            : null;

    public override Task WritePartAsync(int index, Stream bytes, uint checksum, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        return isSingle
            ? PutAsync(bytes, checksum, cancellationToken)
            : blob.StageBlockAsync(IdOf(index), bytes, new BlockBlobStageBlockOptions { TransferValidation = Checked }, cancellationToken);
    }

    public override async Task CompleteAsync(uint checksum, CancellationToken cancellationToken)
    {
        if (!isSingle)
        {
            var options = new CommitBlockListOptions { Metadata = Metadata(checksum), Conditions = Conditions };
            await blob.CommitBlockListAsync(Enumerable.Range(0, _count).Select(IdOf), options, cancellationToken).ConfigureAwait(false);
        }
        else if (write.Length == 0)
        {
            using var empty = new MemoryStream();
            await PutAsync(empty, checksum, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Does nothing: blocks cannot be removed one by one without touching the blob.</summary>
    public override Task AbortAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task PutAsync(Stream bytes, uint checksum, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions
        {
            Metadata = Metadata(checksum),
            Conditions = Conditions,
            TransferValidation = Checked,

            // Below the initial size, the SDK puts the blob with one request.
            TransferOptions = new StorageTransferOptions { InitialTransferSize = bytes.Length + 1, MaximumTransferSize = bytes.Length + 1 },
        };
        await blob.UploadAsync(bytes, options, cancellationToken).ConfigureAwait(false);
    }

    private Dictionary<string, string> Metadata(uint checksum) => new(StringComparer.Ordinal)
    {
        [WriteIdKey] = write.WriteId,
        [ChecksumKey] = checksum.ToString("x8", CultureInfo.InvariantCulture),
    };

    private string IdOf(int index)
    {
        // All IDs of a blob must have one length, also those of abandoned uploads.
        Span<byte> id = stackalloc byte[20];
        _prefix.CopyTo(id);
        BinaryPrimitives.WriteInt32BigEndian(id[16..], index);
        return Convert.ToBase64String(id);
    }
}
