using System.Buffers.Binary;
using System.Collections.Concurrent;
using Amazon.S3;
using Amazon.S3.Model;

namespace Fulgurite.IO;

/// <summary>
/// A multipart upload, or a single put of an object of one part. S3 verifies the CRC-32 of every part, and that of the whole object at the
/// end if the response to the initiation has announced it; not all compatible services do.
/// </summary>
internal sealed class S3Upload(IAmazonS3 client, ObjectWrite write, InitiateMultipartUploadResponse? started) : ObjectUpload
{
    public const string WriteIdKey = "x-amz-meta-fulgurite-write";

    private readonly S3Location _location = S3Location.Of(write.Path);
    private readonly ConcurrentBag<PartETag> _parts = [];

    private string? Condition => write.MustBeNew ? "*" : null;

    // Over HTTPS the checksum is enough; plain HTTP needs a signed payload, which the SDK demands.
    private bool IsEncrypted => client.Config.ServiceURL?.StartsWith("http:", StringComparison.OrdinalIgnoreCase) != true;

    public override async Task WritePartAsync(int index, Stream bytes, uint checksum, CancellationToken cancellationToken)
    {
        if (started is null)
        {
            await PutAsync(bytes, checksum, cancellationToken).ConfigureAwait(false);
            return;
        }

        var request = new UploadPartRequest
        {
            BucketName = _location.Bucket,
            Key = _location.Key,
            UploadId = started.UploadId,
            PartNumber = index + 1,
            InputStream = bytes,
            PartSize = bytes.Length,
            ChecksumAlgorithm = ChecksumAlgorithm.CRC32,
            ChecksumCRC32 = Text(checksum),
            UseChunkEncoding = false,
            DisablePayloadSigning = IsEncrypted,
        };
        var response = await client.UploadPartAsync(request, cancellationToken).ConfigureAwait(false);
        _parts.Add(new PartETag(index + 1, response.ETag) { ChecksumCRC32 = Text(checksum) });
    }

    public override async Task CompleteAsync(uint checksum, CancellationToken cancellationToken)
    {
        if (started is not null)
        {
            var request = new CompleteMultipartUploadRequest
            {
                BucketName = _location.Bucket,
                Key = _location.Key,
                UploadId = started.UploadId,
                PartETags = [.. _parts.OrderBy(part => part.PartNumber)],
                IfNoneMatch = Condition,
            };
            if (started.ChecksumType == ChecksumType.FULL_OBJECT)
            {
                request.ChecksumType = ChecksumType.FULL_OBJECT;
                request.ChecksumCRC32 = Text(checksum);
                request.MpuObjectSize = write.Length;
            }

            await client.CompleteMultipartUploadAsync(request, cancellationToken).ConfigureAwait(false);
        }
        else if (write.Length == 0)
        {
            using var empty = new MemoryStream();
            await PutAsync(empty, checksum, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task AbortAsync(CancellationToken cancellationToken)
    {
        if (started is not null)
        {
            await client.AbortMultipartUploadAsync(_location.Bucket, _location.Key, started.UploadId, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Returns the CRC-32 that a response contains; null if there is none or if it is one of the checksums of parts.</summary>
    public static uint? ChecksumOf(GetObjectMetadataResponse response)
    {
        Span<byte> value = stackalloc byte[sizeof(uint)];
        return (response.ChecksumType is null || response.ChecksumType == ChecksumType.FULL_OBJECT)
            && response.ChecksumCRC32 is { } text
            && Convert.TryFromBase64String(text, value, out var length) && length == value.Length
            ? BinaryPrimitives.ReadUInt32BigEndian(value)
            : null;
    }

    private static string Text(uint checksum)
    {
        Span<byte> value = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(value, checksum);
        return Convert.ToBase64String(value);
    }

    private async Task PutAsync(Stream bytes, uint checksum, CancellationToken cancellationToken)
    {
        var request = new PutObjectRequest
        {
            BucketName = _location.Bucket,
            Key = _location.Key,
            InputStream = bytes,
            AutoCloseStream = false,
            ChecksumAlgorithm = ChecksumAlgorithm.CRC32,
            ChecksumCRC32 = Text(checksum),
            UseChunkEncoding = false,
            DisablePayloadSigning = IsEncrypted,
            IfNoneMatch = Condition,
        };
        request.Metadata.Add(WriteIdKey, write.WriteId);
        await client.PutObjectAsync(request, cancellationToken).ConfigureAwait(false);
    }
}
