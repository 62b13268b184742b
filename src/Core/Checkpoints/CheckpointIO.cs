using System.Diagnostics;
using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// Writes, reads and removes <see cref="TrainingState"/> objects in storage. Derive from it and implement the three abstract methods.
/// Inside an asynchronous implementation, they receive only captured, immutable states.
/// </summary>
/// <remarks>
/// <para>Every implementation must satisfy the following contract:</para>
/// <list type="number">
/// <item>Operations on one path take effect in call order: a load of a path with a pending save waits, or is served from the captured
/// state, and a removal never overtakes a save.</item>
/// <item>A failed save leaves the previous checkpoint intact, is reported once, with its path, and does not affect later saves. A save that
/// fails after the new checkpoint was moved to its path sets <see cref="CheckpointException.IsInPlace"/>.</item>
/// <item>A task completes when the operation is finished and durable.</item>
/// </list>
/// <para><see cref="Submit"/> and <see cref="BeforeParametersChange"/> are called on the training thread, other members on any
/// thread.</para>
/// </remarks>
public abstract partial class CheckpointIO : IAsyncDisposable
{
    [ThreadStatic]
    private static Submission? _submission;

    /// <summary>Writes a state durably, so that a crash or power failure cannot lose it.</summary>
    /// <param name="checkpoint">
    /// The state: captured behind an asynchronous implementation; otherwise possibly live, while the caller waits.
    /// </param>
    /// <param name="path">The path of the checkpoint. Existing content is replaced as a whole, or left intact on failure.</param>
    /// <param name="options">
    /// The options of a custom implementation. The built-in implementations reject options that they do not support.
    /// </param>
    /// <param name="cancellationToken">Cancels the operation and leaves existing content intact.</param>
    /// <exception cref="CheckpointException">The state cannot be written.</exception>
    public abstract Task SaveCheckpointAsync(TrainingState checkpoint, string path, StorageOptions? options, CancellationToken cancellationToken);

    /// <summary>Reads a state. The caller disposes it.</summary>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="CheckpointNotFoundException">The checkpoint does not exist.</exception>
    /// <exception cref="CheckpointCorruptException">The checkpoint is corrupt.</exception>
    public abstract Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken);

    /// <summary>Removes a checkpoint. Does nothing if it does not exist.</summary>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="CheckpointException">The checkpoint cannot be removed.</exception>
    public abstract Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// Saves a state for the trainer and its callbacks. The operation reports when the tensors may change and how the save ended.
    /// </summary>
    /// <remarks>
    /// The default runs <see cref="SaveCheckpointAsync"/>. If that passes the state to an asynchronous implementation before its first
    /// await, the result is the operation of that implementation; otherwise, this method returns when the save has ended. A failed save
    /// never throws.
    /// </remarks>
    /// <param name="checkpoint">
    /// The state. The same live instance, passed again without changes in between, may be captured only once.
    /// </param>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="options">The options; null for the defaults.</param>
    public virtual SaveOperation Submit(TrainingState checkpoint, string path, SaveOptions? options)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var submission = new Submission(options ?? new SaveOptions());
        var outer = _submission;
        _submission = submission;
        var start = Stopwatch.GetTimestamp();
        Task saving;
        try
        {
            saving = SaveCheckpointAsync(checkpoint, path, options?.Storage, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // Every failure is reported by the operation, however the implementation signals it.
            saving = Task.FromException(exception);
        }
        finally
        {
            _submission = outer;
        }

        if (submission.Operation is { } inner && string.Equals(inner.Path, path, StringComparison.Ordinal))
        {
            // The inner operation reports the outcome; the task is otherwise unobserved.
            _ = saving.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return inner;
        }

        return RunToEnd(saving, new SaveOperationSource(path, options), checkpoint, start);
    }

    /// <summary>Returns whether there is a checkpoint at a path, including pending saves.</summary>
    /// <param name="path">Where.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public virtual Task<bool> ExistsAsync(string path, CancellationToken cancellationToken) => Task.FromResult(File.Exists(path));

    /// <summary>
    /// Tests whether checkpoints can be saved to a directory before a long training: creates the directory, and writes and removes a small
    /// file as a save would. The default does nothing.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="CheckpointException">Checkpoints cannot be saved there.</exception>
    public virtual Task ProbeAsync(string directory, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Claims a path for a run, so that no other run saves there or removes existing content until the claim is disposed. The claim also
    /// ends with the process. Only the holder of a claim may create a checkpoint at that path.
    /// </summary>
    /// <remarks>
    /// The default considers only claims made through this instance, and <see cref="ExistsAsync"/>. Override it if the storage can also
    /// protect against other processes.
    /// </remarks>
    /// <param name="path">The path to claim.</param>
    /// <param name="mayBeThere">
    /// true if existing content at the path belongs to the run and may be replaced; false to reject a path with content.
    /// </param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The claim; null if another run has claimed the path or it is rejected because of existing content.</returns>
    public virtual async Task<IDisposable?> TryClaimAsync(string path, bool mayBeThere, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (NameClaims.Of(this).TryTake(path) is not { } claim)
        {
            return null;
        }

        try
        {
            if (mayBeThere || !await ExistsAsync(path, cancellationToken).ConfigureAwait(false))
            {
                return claim;
            }
        }
        catch
        {
            claim.Dispose();
            throw;
        }

        claim.Dispose();
        return null;
    }

    /// <summary>Waits until every accepted save is durable or has failed. Operations report failures; this task does not.</summary>
    /// <param name="cancellationToken">Cancels the wait; the saves continue.</param>
    public virtual Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// The mutation fence: returns when no capture reads parameters or optimizer state any more. The strategy calls it before every
    /// optimizer step; any other code must call it before changing them.
    /// </summary>
    public virtual void BeforeParametersChange()
    {
    }

    /// <summary>Returns a capability of this implementation or of one that it wraps; null if there is none.</summary>
    /// <typeparam name="T">The interface or class of the capability.</typeparam>
    public virtual T? GetCapability<T>()
        where T : class => this as T;

    /// <summary>Flushes pending saves and releases resources. Further calls have no effect.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        await FlushAsync(CancellationToken.None).ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Gets the options of the save that an outer wrapper is submitting, or null if there is none. Asynchronous implementations call it in
    /// <see cref="SaveCheckpointAsync"/> before the first await.
    /// </summary>
    protected static SaveOptions? SubmittedOptions => _submission?.Options;

    /// <summary>
    /// Makes the <see cref="Submit"/> method of an outer wrapper return this operation instead of waiting. Asynchronous implementations
    /// call it in <see cref="SaveCheckpointAsync"/> before the first await.
    /// </summary>
    /// <param name="operation">The operation of the save.</param>
    protected static void Accept(SaveOperation operation)
    {
        if (_submission is { } submission)
        {
            submission.Operation = operation;
        }
    }

    private SaveOperation RunToEnd(Task saving, SaveOperationSource source, TrainingState checkpoint, long start)
    {
        try
        {
            saving.GetAwaiter().GetResult();
            var elapsed = Stopwatch.GetElapsedTime(start);
            var byteCount = checkpoint.Tensors().Sum(tensor => tensor.Value.ByteLength);
            source.SetCaptured(byteCount);
            source.TrySetDurable(FileBytes(source.Operation.Path) ?? byteCount, TimeSpan.Zero, elapsed);
        }
        catch (Exception exception)
        {
            source.TrySetFailed(exception);
        }

        source.AddStall(Stopwatch.GetElapsedTime(start));
        return source.Operation;
    }

    private long? FileBytes(string path)
    {
        try
        {
            return GetCapability<ICheckpointSizes>()?.GetByteLengthAsync(path, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception)
        {
            // The checkpoint is durable; an unavailable length is not a failure.
            return null;
        }
    }

    private sealed class Submission(SaveOptions options)
    {
        public SaveOptions Options { get; } = options;

        public SaveOperation? Operation { get; set; }
    }
}
