using Microsoft.Extensions.Logging;

namespace Fulgurite.Callbacks;

/// <summary>Finds the newest state that a run or earlier ones left.</summary>
/// <param name="io">What reads it.</param>
/// <param name="logger">Hears of files that are damaged.</param>
internal sealed class LastCheckpointSearch(CheckpointIO io, ILogger logger)
{
    private readonly NewestCheckpoint _newest = new(io, logger);

    /// <summary>The one of some paths, any of which may be missing, that is furthest in the run; null where none is there and whole.</summary>
    public string? Newest(params ReadOnlySpan<string?> paths) =>
        _newest.Pick(paths.ToArray().OfType<string>().Distinct(StringComparer.Ordinal).Select(_newest.Describe).OfType<CheckpointEntry>());

    /// <summary>
    /// The one of the files of some names in any version that is furthest in the run; where files cannot be listed, of the versions of the
    /// first name.
    /// </summary>
    public string? Find(CheckpointDirectory directory, CheckpointNaming naming, params ReadOnlySpan<string> templates)
    {
        List<CheckpointEntry> found = [];
        foreach (var template in templates)
        {
            found.AddRange(_newest.List(CheckpointDirectory.ParentOf(directory[template]), name => naming.Matches(template, name)));
        }

        return _newest.Pick((found.Count > 0 ? found : Versions(directory, naming, templates[0])).DistinctBy(entry => entry.Path, StringComparer.Ordinal));
    }

    private List<CheckpointEntry> Versions(CheckpointDirectory directory, CheckpointNaming naming, string template)
    {
        List<CheckpointEntry> found = [];
        for (var version = 0; !template.Contains('{', StringComparison.Ordinal); version = Math.Max(version + 1, naming.StartingVersion))
        {
            if (_newest.Describe(directory[naming.WithVersion(template, version)]) is not { } entry)
            {
                break;
            }

            found.Add(entry);
        }

        return found;
    }
}

/// <summary>Where a run is, as far as its state depends on it.</summary>
/// <param name="GlobalStep">Optimizer steps done.</param>
/// <param name="Epoch">Epochs completed.</param>
/// <param name="Batch">Batches of the epoch that were used; some of them may wait for their step.</param>
internal readonly record struct RunPosition(long GlobalStep, int Epoch, int Batch)
{
    public static RunPosition Of(Trainer trainer) => new(trainer.GlobalStep, trainer.CurrentEpoch, trainer.CurrentBatch);

    /// <summary>Whether nothing was trained in between: the end of an epoch moves the position and changes no parameter.</summary>
    public bool IsSameStateAs(RunPosition other) => GlobalStep == other.GlobalStep && (Epoch != other.Epoch || Batch == other.Batch);
}
