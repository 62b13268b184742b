using Microsoft.Extensions.Logging;

namespace Fulgurite.Callbacks;

/// <summary>Finds the newest checkpoint of a run or of earlier runs.</summary>
/// <param name="io">The CheckpointIO that reads the checkpoints.</param>
/// <param name="logger">The logger for damaged files.</param>
internal sealed class LastCheckpointSearch(CheckpointIO io, ILogger logger)
{
    private readonly NewestCheckpoint _newest = new(io, logger);

    /// <summary>Returns the most advanced valid checkpoint among paths that may not exist; null if there is none.</summary>
    public string? Newest(params ReadOnlySpan<string?> paths)
    {
        string[] known = [.. paths.ToArray().OfType<string>().Distinct(StringComparer.Ordinal)];
        return _newest.Pick(() => known.Select(_newest.Describe).OfType<CheckpointEntry>());
    }

    /// <summary>
    /// Returns the most advanced checkpoint among files of the given names in any version. If files cannot be listed, only versions of the
    /// first name are considered.
    /// </summary>
    public string? Find(CheckpointDirectory directory, CheckpointNaming naming, params ReadOnlySpan<string> templates)
    {
        var names = templates.ToArray();
        return _newest.Pick(() => List(directory, naming, names).DistinctBy(entry => entry.Path, StringComparer.Ordinal));
    }

    private List<CheckpointEntry> List(CheckpointDirectory directory, CheckpointNaming naming, string[] templates)
    {
        List<CheckpointEntry> found = [];
        foreach (var template in templates)
        {
            found.AddRange(_newest.List(CheckpointDirectory.ParentOf(directory[template]), name => naming.Matches(template, name)));
        }

        return found.Count > 0 ? found : Versions(directory, naming, templates[0]);
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

/// <summary>The position of a run, as far as its state depends on it.</summary>
/// <param name="GlobalStep">The number of optimizer steps.</param>
/// <param name="Epoch">The number of completed epochs.</param>
/// <param name="Batch">The number of batches used in the epoch, including those accumulated for the next step.</param>
internal readonly record struct RunPosition(long GlobalStep, int Epoch, int Batch)
{
    public static RunPosition Of(Trainer trainer) => new(trainer.GlobalStep, trainer.CurrentEpoch, trainer.CurrentBatch);

    /// <summary>Returns true if nothing was trained in between: the end of an epoch changes the position but no parameters.</summary>
    public bool IsSameStateAs(RunPosition other) => GlobalStep == other.GlobalStep && (Epoch != other.Epoch || Batch == other.Batch);
}
