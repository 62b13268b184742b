using System.Runtime.CompilerServices;

namespace Fulgurite;

/// <content>Listing and inspection of checkpoints.</content>
public abstract partial class CheckpointIO
{
    /// <summary>Gets the default file name extension of this format, including the dot.</summary>
    /// <value>The default is <c>.ckpt</c>.</value>
    public virtual string FileExtension => ".ckpt";

    /// <summary>Lists the checkpoints in a directory with their positions, reading a few kilobytes of each.</summary>
    /// <param name="directory">The directory; subdirectories are not searched. A missing directory has no checkpoints.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="CheckpointException">The directory cannot be read.</exception>
    public IAsyncEnumerable<CheckpointEntry> ListAsync(string directory, CancellationToken cancellationToken) =>
        ListAsync(directory, wanted: null, cancellationToken);

    /// <summary>Lists selected checkpoints in a directory with their positions.</summary>
    /// <param name="directory">The directory; subdirectories are not searched. A missing directory has no checkpoints.</param>
    /// <param name="wanted">Selects files by name, without the directory; others are not read. Null for all.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="CheckpointException">The directory cannot be read.</exception>
    public async IAsyncEnumerable<CheckpointEntry> ListAsync(
        string directory, Func<string, bool>? wanted, [EnumeratorCancellation] CancellationToken cancellationToken)
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
    /// Lists the files in a folder without opening them: the path, and the length and time if available, without positions. The default
    /// returns an empty list: a run then resumes only from files whose names have no placeholders, such as <c>last</c>.
    /// </summary>
    /// <param name="directory">The folder; folders below it are not listed.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public virtual IAsyncEnumerable<CheckpointEntry> ListFilesAsync(string directory, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return AsyncEnumerable.Empty<CheckpointEntry>();
    }

    /// <summary>Reads only the position at which a checkpoint was saved.</summary>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The position; null if the checkpoint does not contain one.</returns>
    /// <exception cref="CheckpointNotFoundException">The checkpoint does not exist.</exception>
    /// <exception cref="CheckpointCorruptException">The checkpoint is corrupt.</exception>
    public virtual async Task<CheckpointPosition?> ReadPositionAsync(string path, CancellationToken cancellationToken)
    {
        using var state = await LoadCheckpointAsync(path, new LoadOptions { Only = CheckpointPosition.Keys }, cancellationToken)
            .ConfigureAwait(false);
        return CheckpointPosition.Of(state);
    }

    /// <summary>Verifies a checkpoint by reading all of it. The default loads it.</summary>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="CheckpointNotFoundException">The checkpoint does not exist.</exception>
    /// <exception cref="CheckpointCorruptException">The checkpoint is corrupt.</exception>
    public virtual async Task VerifyAsync(string path, CancellationToken cancellationToken)
    {
        var state = await LoadCheckpointAsync(path, options: null, cancellationToken).ConfigureAwait(false);
        state.Dispose();
    }

    /// <summary>Adds the position, or the reason why the file cannot be read, to an entry.</summary>
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

/// <summary>An existing checkpoint, as returned by <see cref="CheckpointIO.ListAsync(string, CancellationToken)"/>.</summary>
/// <param name="Path">The path of the checkpoint.</param>
/// <param name="Length">The length in bytes; null if the storage does not report it.</param>
/// <param name="Time">The time of the last write according to the storage; copying, restoring and clock adjustments change it.</param>
/// <param name="Position">The position at which it was saved; null if it has none or cannot be read.</param>
/// <param name="Failure">The reason why it cannot be read; null if it can.</param>
public sealed record CheckpointEntry(
    string Path, long? Length, DateTimeOffset? Time, CheckpointPosition? Position = null, CheckpointException? Failure = null);
