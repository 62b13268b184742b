using Fulgurite;
using Fulgurite.Composition;
using Fulgurite.State;

namespace PluginPackage;

/// <summary>Keeps a copy of every checkpoint in a second folder, written by the inner <see cref="CheckpointIO"/>.</summary>
/// <param name="inner">The inner <see cref="CheckpointIO"/>.</param>
/// <param name="options">The options.</param>
[Plugin("mirror")]
public sealed class MirrorCheckpointIO(CheckpointIO inner, MirrorOptions options)
    : WrappingCheckpointIO(inner), ICheckpointFiles, IConfigurable<MirrorOptions>
{
    public MirrorOptions Options { get; } = options;

    public override async Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        // The copy first: if it fails, the file at the path is unchanged.
        await Inner.SaveCheckpointAsync(checkpoint, Copy(path), context, cancellationToken).ConfigureAwait(false);
        await Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken).ConfigureAwait(false);
    }

    public override async Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        await Inner.RemoveCheckpointAsync(path, cancellationToken).ConfigureAwait(false);
        await Inner.RemoveCheckpointAsync(Copy(path), cancellationToken).ConfigureAwait(false);
    }

    // A hard link would bypass this class. TryLinkAsync makes none by default, so a second name is saved through SaveCheckpointAsync.
    public long? GetAvailableBytes(string path) => Inner.GetCapability<ICheckpointFiles>()?.GetAvailableBytes(path);

    private string Copy(string path) => Path.Combine(Options.Folder!, Path.GetFileName(path));
}
