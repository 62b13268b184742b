using System.IO.Compression;
using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

/// <summary>Stores checkpoints in the format of <c>torch.save</c>, compressed with gzip.</summary>
[Plugin("gzip")]
public sealed class GzipCheckpointIO(GzipOptions? options = null) : CheckpointIO, IConfigurable<GzipOptions>
{
    private readonly TorchCheckpointIO _torch = new();
    private readonly LocalStorage _files = new();

    public GzipOptions Options { get; } = options ?? new GzipOptions();

    public override async Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var plain = Temporary(path);
        try
        {
            await _torch.SaveCheckpointAsync(checkpoint, plain, context, cancellationToken).ConfigureAwait(false);

            // Writes a temporary file, syncs and renames it, and syncs the directory: a reader gets the old file or the new one.
            var length = _files.Write(path, file => Pack(plain, file), cancellationToken);
            context?.ByteLength = length;
        }
        catch (CheckpointException exception) when (exception.Path != path)
        {
            throw new CheckpointException($"The checkpoint '{path}' could not be saved: {exception.Message}", path, exception);
        }
        finally
        {
            Remove(plain);
        }
    }

    public override async Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        cancellationToken.ThrowIfCancellationRequested();
        var plain = Temporary(path);
        try
        {
            using (var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
            using (var file = File.Create(plain))
            {
                gzip.CopyTo(file);
            }

            return await _torch.LoadCheckpointAsync(plain, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointNotFoundException(path);
        }
        catch (Exception exception) when (exception is InvalidDataException or CheckpointCorruptException)
        {
            throw new CheckpointCorruptException($"The checkpoint '{path}' cannot be unpacked: {exception.Message}", path, exception);
        }
        finally
        {
            Remove(plain);
        }
    }

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        cancellationToken.ThrowIfCancellationRequested();
        _files.Delete(path);
        return Task.CompletedTask;
    }

    public override Task<bool> ExistsAsync(string path, CancellationToken cancellationToken) => Task.FromResult(_files.Exists(path));

    public override IAsyncEnumerable<CheckpointEntry> ListFilesAsync(string directory, CancellationToken cancellationToken) =>
        _files.List(directory).ToAsyncEnumerable();

    private void Pack(string plain, Stream file)
    {
        using var source = File.OpenRead(plain);
        using var gzip = new GZipStream(file, Options.Level, leaveOpen: true);
        source.CopyTo(gzip);
    }

    private static string Temporary(string path) => $"{path}.{Guid.NewGuid():N}.tmp";

    private static void Remove(string path)
    {
        if (File.Exists(path))
        {
            File.Delete(path);
        }
    }
}
