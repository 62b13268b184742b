using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Hashing;
using Amazon.S3;
using Amazon.S3.Model;

namespace Fulgurite.IO;

/// <summary>A multipart upload, or a single put of an object of one part. S3 verifies the CRC-32 of every part.</summary>
internal sealed class S3Upload(IAmazonS3 client, ObjectWrite write, string? uploadId) : ObjectUpload
{
    public const string WriteIdKey = "x-amz-meta-fulgurite-write";

    private readonly S3Location _location = S3Location.Of(write.Path);
    private readonly ConcurrentBag<PartETag> _parts = [];

    private string? Condition => write.MustBeNew ? "*" : null;

    // Over HTTPS the checksum is enough; plain HTTP needs a signed payload, which the SDK demands.
    private bool IsEncrypted => client.Config.ServiceURL?.StartsWith("http:", StringComparison.OrdinalIgnoreCase) != true;

    public override async Task WritePartAsync(int index, Stream bytes, CancellationToken cancellationToken)
    {
        var checksum = await ChecksumAsync(bytes, cancellationToken).ConfigureAwait(false);
        if (uploadId is null)
        {
            await PutAsync(bytes, checksum, cancellationToken).ConfigureAwait(false);
            return;
        }

        var request = new UploadPartRequest
        {
            BucketName = _location.Bucket,
            Key = _location.Key,
            UploadId = uploadId,
            PartNumber = index + 1,
            InputStream = bytes,
            PartSize = bytes.Length,
            ChecksumAlgorithm = ChecksumAlgorithm.CRC32,
            ChecksumCRC32 = checksum,
            UseChunkEncoding = false,
            DisablePayloadSigning = IsEncrypted,
        };
        var response = await client.UploadPartAsync(request, cancellationToken).ConfigureAwait(false);
        _parts.Add(new PartETag(index + 1, response.ETag) { ChecksumCRC32 = checksum });
    }

    public override async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (uploadId is not null)
        {
            var request = new CompleteMultipartUploadRequest
            {
                BucketName = _location.Bucket,
                Key = _location.Key,
                UploadId = uploadId,
                PartETags = [.. _parts.OrderBy(part => part.PartNumber)],
                IfNoneMatch = Condition,
            };
            await client.CompleteMultipartUploadAsync(request, cancellationToken).ConfigureAwait(false);
        }
        else if (write.Length == 0)
        {
            using var empty = new MemoryStream();
            await PutAsync(empty, await ChecksumAsync(empty, cancellationToken).ConfigureAwait(false), cancellationToken)
                .ConfigureAwait(false);
        }
    }

    public override async Task AbortAsync(CancellationToken cancellationToken)
    {
        if (uploadId is not null)
        {
            await client.AbortMultipartUploadAsync(_location.Bucket, _location.Key, uploadId, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<string> ChecksumAsync(Stream bytes, CancellationToken cancellationToken)
    {
        var crc = new System.IO.Hashing.Crc32();
        await crc.AppendAsync(bytes, cancellationToken).ConfigureAwait(false);
        bytes.Position = 0;
        var value = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(value, crc.GetCurrentHashAsUInt32());
        return Convert.ToBase64String(value);
    }

    private async Task PutAsync(Stream bytes, string checksum, CancellationToken cancellationToken)
    {
        var request = new PutObjectRequest
        {
            BucketName = _location.Bucket,
            Key = _location.Key,
            InputStream = bytes,
            AutoCloseStream = false,
            ChecksumAlgorithm = ChecksumAlgorithm.CRC32,
            ChecksumCRC32 = checksum,
            UseChunkEncoding = false,
            DisablePayloadSigning = IsEncrypted,
            IfNoneMatch = Condition,
        };
        request.Metadata.Add(WriteIdKey, write.WriteId);
        await client.PutObjectAsync(request, cancellationToken).ConfigureAwait(false);
    }
}
