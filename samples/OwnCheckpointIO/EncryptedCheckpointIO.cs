using Fulgurite;
using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;

namespace OwnCheckpointIO;

/// <summary>
/// Encrypts the files of <see cref="TorchCheckpointIO"/>. No unencrypted data is written to a disk. Implements three methods without
/// threading; behind <c>AsyncCheckpointIO</c> it saves in the background.
/// </summary>
/// <param name="options">The options.</param>
[Plugin("encrypted")]
public sealed class EncryptedCheckpointIO(EncryptionOptions options) : CheckpointIO, IConfigurable<EncryptionOptions>
{
    // Writes a temporary file, syncs and renames it, so a crash leaves the old file or the new one.
    private readonly LocalStorage _files = new();
    private readonly FileCipher _cipher = FileCipher.WithKeyOf(options.KeyFile);

    public EncryptionOptions Options { get; } = options;

    public override async Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        var memory = new MemoryStorage();
        await new TorchCheckpointIO(memory).SaveCheckpointAsync(checkpoint, path, context, cancellationToken);
        var content = new FileContent();
        content.Add(_cipher.Encrypt(memory[path]));
        var length = _files.Write(path, content, cancellationToken);
        context?.ByteLength = length;
    }

    public override async Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken)
    {
        using var file = _files.Open(path);
        var encrypted = new byte[file.Length];
        file.Read(0, encrypted);

        // The same path, so that errors in the content report it.
        var memory = new MemoryStorage { [path] = _cipher.Decrypt(encrypted, path) };
        return await new TorchCheckpointIO(memory).LoadCheckpointAsync(path, options, cancellationToken);
    }

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _files.Delete(path);
        return Task.CompletedTask;
    }

    public override IAsyncEnumerable<CheckpointEntry> ListFilesAsync(string directory, CancellationToken cancellationToken) =>
        _files.List(directory).ToAsyncEnumerable();
}
