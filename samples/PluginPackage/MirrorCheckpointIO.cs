using Fulgurite;
using Fulgurite.Composition;
using Fulgurite.State;

namespace PluginPackage;

/// <summary>Keeps a copy of every checkpoint in a second folder, written by whatever it wraps.</summary>
/// <param name="inner">What writes.</param>
/// <param name="options">Where the copies go.</param>
[Plugin("mirror")]
public sealed class MirrorCheckpointIO(CheckpointIO inner, MirrorOptions options) : WrappingCheckpointIO(inner), ICheckpointFiles, IConfigurable<MirrorOptions>
{
    public MirrorOptions Options { get; } = options;

    public override async Task SaveCheckpointAsync(TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        // The copy first: where it fails, what stands at the path is left alone.
        await Inner.SaveCheckpointAsync(checkpoint, Copy(path), context, cancellationToken).ConfigureAwait(false);
        await Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken).ConfigureAwait(false);
    }

    public override async Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        await Inner.RemoveCheckpointAsync(path, cancellationToken).ConfigureAwait(false);
        await Inner.RemoveCheckpointAsync(Copy(path), cancellationToken).ConfigureAwait(false);
    }

    // TryLinkAsync is left out: a second name made by a link would not be copied, so the state is saved under it, through here.
    public long? GetAvailableBytes(string path) => Inner.GetCapability<ICheckpointFiles>()?.GetAvailableBytes(path);

    private string Copy(string path) => Path.Combine(Options.Folder!, Path.GetFileName(path));
}
