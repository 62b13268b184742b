namespace Fulgurite.IO;

/// <content>Uploads: the parts, the commit, and what the store reports about it.</content>
public abstract partial class ObjectStorage
{
    private async Task<ObjectInfo> WriteAsync(ObjectWrite write, FileContent content, CancellationToken cancellationToken)
    {
        var pieceSize = (int)Math.Max(_options.PartSize, ((write.Length / MostParts) + (1 << 20)) >> 20 << 20);
        pieceSize = write.Length <= (long)_options.PartSize * MostParts ? _options.PartSize : pieceSize;
        var upload = await StartUploadAsync(write, write.Length <= pieceSize, cancellationToken).ConfigureAwait(false);
        try
        {
            var target = new ObjectTarget(upload, write.Length, pieceSize, cancellationToken);
            content.WriteTo(target, _options.Concurrency, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            return await PublishAsync(upload, write, target.Checksum, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            try
            {
                // Without the token, which may be the reason.
                await upload.AbortAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (Reason(exception, CancellationToken.None) is not null)
            {
                // The failure of the upload is the one to report; its parts are swept later.
            }

            throw;
        }
    }

    private async Task<ObjectInfo> PublishAsync(
        ObjectUpload upload, ObjectWrite write, uint checksum, CancellationToken cancellationToken)
    {
        try
        {
            await upload.CompleteAsync(checksum, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (Reason(exception, CancellationToken.None) is not null)
        {
            // The response may have been lost after the store had published the object, so that a retry failed: the store knows.
            if (await TryGetInfoAsync(write.Path).ConfigureAwait(false) is not { } seen || !IsWritten(seen, write))
            {
                throw;
            }

            ThrowIfDamaged(seen, write, checksum);
            return seen;
        }

        var info = await GetInfoAsync(write.Path, cancellationToken).ConfigureAwait(false);
        if (info is null || !IsWritten(info, write))
        {
            throw new CheckpointException(
                $"The checkpoint '{write.Path}' was uploaded, but the store now holds "
                    + $"{(info is null ? "nothing" : $"another object of {info.Length} bytes")} there. Another program has removed or "
                    + "replaced it; let each run save to a folder of its own.",
                write.Path);
        }

        ThrowIfDamaged(info, write, checksum);
        return info;
    }

    private static void ThrowIfDamaged(ObjectInfo info, ObjectWrite write, uint checksum)
    {
        if (info.Checksum is { } found && found != checksum)
        {
            throw new CheckpointException(
                $"The checkpoint '{write.Path}' was uploaded, but the store reports the CRC-32 {found:x8} for it, not {checksum:x8}: "
                    + "the bytes were damaged on their way, and the object there is the damaged one, which has replaced any earlier one. "
                    + "Save again.",
                write.Path)
            { IsTransient = true, IsInPlace = true };
        }
    }

    private async Task<ObjectInfo?> TryGetInfoAsync(string path)
    {
        try
        {
            return await GetInfoAsync(path, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (Reason(exception, CancellationToken.None) is not null)
        {
            return null;
        }
    }

    private static bool IsWritten(ObjectInfo info, ObjectWrite write) =>
        info.Length == write.Length && string.Equals(info.WriteId, write.WriteId, StringComparison.Ordinal);
}
