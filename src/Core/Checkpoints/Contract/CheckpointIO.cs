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
    /// <summary>Writes a state durably, so that a crash or power failure cannot lose it.</summary>
    /// <param name="checkpoint">
    /// The state: captured behind an asynchronous implementation; otherwise possibly live, while the caller waits.
    /// </param>
    /// <param name="path">The path of the checkpoint. Existing content is replaced as a whole, or left intact on failure.</param>
    /// <param name="context">
    /// The options of the save and where its results go; null for the defaults. A wrapper passes it on. Implementations here refuse
    /// <see cref="SaveContext.Storage"/> that they do not know.
    /// </param>
    /// <param name="cancellationToken">Cancels the operation and leaves existing content intact.</param>
    /// <exception cref="CheckpointException">The state cannot be written.</exception>
    public abstract Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken);

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
    /// The default runs <see cref="SaveCheckpointAsync"/> and returns as soon as an asynchronous implementation further in accepts the save
    /// (<see cref="SaveContext.Accept"/>), else when the save has ended. It never throws because a save failed.
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
        var start = Stopwatch.GetTimestamp();
        var context = SaveContext.OfSubmission(path, options);
        Task saving;
        try
        {
            saving = SaveCheckpointAsync(checkpoint, path, context, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // Every failure is reported by the operation, however the implementation signals it.
            saving = Task.FromException(exception);
        }

        // A null task is an implementation that breaks its contract; it is reported like any other failure.
        if (!context.Accepted.IsCompleted && saving is not null && Task.WaitAny(saving, context.Accepted) == 1)
        {
            var accepted = context.Accepted.Result;
            accepted.AddStall(Stopwatch.GetElapsedTime(start) - accepted.Stall);
        }

        if (context.Accepted.IsCompleted)
        {
            // The operation reports the outcome; the task is otherwise unobserved.
            _ = saving?.ContinueWith(
                static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return context.Accepted.Result;
        }

        return RunToEnd(saving!, new SaveOperationSource(path, options), context, checkpoint, start);
    }

    /// <summary>
    /// Returns whether there is a checkpoint at a path; saves that still wait count. The default reads the beginning of it, so override it
    /// where the storage knows.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public virtual async Task<bool> ExistsAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var state = await LoadCheckpointAsync(path, new LoadOptions { Only = CheckpointPosition.Keys }, cancellationToken)
                .ConfigureAwait(false);
            return true;
        }
        catch (CheckpointNotFoundException)
        {
            return false;
        }
        catch (CheckpointCorruptException)
        {
            return true;
        }
    }

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

    /// <summary>
    /// Flushes pending saves and releases resources. Further calls have no effect. Checkpoints can still be loaded; an implementation that
    /// has ended its threads refuses saves with <see cref="ObjectDisposedException"/>, others still save.
    /// </summary>
    public virtual async ValueTask DisposeAsync()
    {
        await FlushAsync(CancellationToken.None).ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private static SaveOperation RunToEnd(
        Task saving, SaveOperationSource source, SaveContext context, TrainingState checkpoint, long start)
    {
        try
        {
            saving.GetAwaiter().GetResult();
            var elapsed = Stopwatch.GetElapsedTime(start);
            var byteCount = checkpoint.Tensors().Sum(tensor => tensor.Value.ByteLength);
            source.SetCaptured(byteCount);
            source.TrySetDurable(context.ByteLength ?? byteCount, TimeSpan.Zero, elapsed);
        }
        catch (Exception exception)
        {
            source.TrySetFailed(exception);
        }

        source.AddStall(Stopwatch.GetElapsedTime(start));
        return source.Operation;
    }
}
