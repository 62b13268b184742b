using System.Runtime.CompilerServices;

namespace Fulgurite;

/// <content>What is there, and in which state.</content>
public abstract partial class CheckpointIO
{
    /// <summary>The ending that files of this format have by default, with its dot. Default: <c>.ckpt</c>.</summary>
    public virtual string FileExtension => ".ckpt";

    /// <summary>Lists the checkpoints in a folder, each with its position in its run: a few kilobytes of each are read.</summary>
    /// <param name="directory">The folder; those below it are not looked into. One that is not there has none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CheckpointException">The folder cannot be read.</exception>
    public IAsyncEnumerable<CheckpointEntry> ListAsync(string directory, CancellationToken cancellationToken) => ListAsync(directory, wanted: null, cancellationToken);

    /// <summary>Lists some of the checkpoints in a folder, each with its position in its run.</summary>
    /// <param name="directory">The folder; those below it are not looked into. One that is not there has none.</param>
    /// <param name="wanted">Which, by the name without the folder; the others are not read. Null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CheckpointException">The folder cannot be read.</exception>
    public async IAsyncEnumerable<CheckpointEntry> ListAsync(string directory, Func<string, bool>? wanted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        await foreach (var file in ListFilesAsync(directory, cancellationToken).ConfigureAwait(false))
        {
            if (wanted is null || wanted(file.Path[(file.Path.LastIndexOfAny(['/', Path.DirectorySeparatorChar]) + 1)..]))
            {
                yield return await DescribeAsync(file, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Lists the files in a folder without opening them: path, length and time as far as the storage knows them; positions are left out. The default
    /// lists none: a run then resumes only from files whose names have no placeholders, such as <c>last</c>.
    /// </summary>
    /// <param name="directory">The folder; folders below it are not listed.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public virtual IAsyncEnumerable<CheckpointEntry> ListFilesAsync(string directory, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return AsyncEnumerable.Empty<CheckpointEntry>();
    }

    /// <summary>Reads where in its run a checkpoint was saved, and nothing else of it.</summary>
    /// <param name="path">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The position; null where it does not say.</returns>
    /// <exception cref="CheckpointNotFoundException">There is none.</exception>
    /// <exception cref="CheckpointCorruptException">It is damaged.</exception>
    public virtual async Task<CheckpointPosition?> ReadPositionAsync(string path, CancellationToken cancellationToken)
    {
        using var state = await LoadCheckpointAsync(path, new LoadOptions { Only = CheckpointPosition.Keys }, cancellationToken).ConfigureAwait(false);
        return CheckpointPosition.Of(state);
    }

    /// <summary>Reads a checkpoint to its end. The default loads it.</summary>
    /// <param name="path">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CheckpointNotFoundException">There is none.</exception>
    /// <exception cref="CheckpointCorruptException">It is damaged.</exception>
    public virtual async Task VerifyAsync(string path, CancellationToken cancellationToken)
    {
        var state = await LoadCheckpointAsync(path, options: null, cancellationToken).ConfigureAwait(false);
        state.Dispose();
    }

    /// <summary>Adds the position to what is known of a file, or why it cannot be read.</summary>
    internal async Task<CheckpointEntry> DescribeAsync(CheckpointEntry file, CancellationToken cancellationToken)
    {
        if (file.Length == 0)
        {
            return file;
        }

        try
        {
            return file with { Position = await ReadPositionAsync(file.Path, cancellationToken).ConfigureAwait(false) };
        }
        catch (CheckpointException exception)
        {
            return file with { Failure = exception };
        }
    }
}
