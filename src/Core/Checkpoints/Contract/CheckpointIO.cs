using System.Diagnostics;
using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// How a <see cref="TrainingState"/> is written to, read from and removed from storage. Derive from it and write the three abstract
/// methods; wrapped in an asynchronous implementation, they are only ever handed captured, immutable state.
/// </summary>
/// <remarks>
/// <para>The contract of every implementation:</para>
/// <list type="number">
/// <item>Operations on one path happen in the order in which they were asked for: a load of a path that is still being saved waits or
/// is served from the captured state, and a removal never overtakes a save.</item>
/// <item>A save that fails leaves what was there before, is reported once, with its path, and does not spoil later saves. One that fails after the
/// new checkpoint took its path sets <see cref="CheckpointException.IsInPlace"/>.</item>
/// <item>A task completes when the work is done and durable.</item>
/// </list>
/// <para>Calls: <see cref="Submit"/> and <see cref="BeforeParametersChange"/> by the training thread; the others from any thread.</para>
/// </remarks>
public abstract partial class CheckpointIO : IAsyncDisposable
{
    /// <summary>Writes a state so that a crash or power cut can no longer lose it.</summary>
    /// <param name="checkpoint">The state. Behind an asynchronous implementation it is captured; else it may be live, and the caller waits.</param>
    /// <param name="path">Where to; what is there is replaced as a whole or, if this fails, left alone.</param>
    /// <param name="context">
    /// The options of the save and where its results go; null for the defaults. A wrapper passes it on. Implementations here refuse
    /// <see cref="SaveContext.Storage"/> that they do not know.
    /// </param>
    /// <param name="cancellationToken">Gives up, leaving what was there before.</param>
    /// <exception cref="CheckpointException">The state could not be written.</exception>
    public abstract Task SaveCheckpointAsync(TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken);

    /// <summary>Reads a state. The caller disposes it.</summary>
    /// <param name="path">Where from.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CheckpointNotFoundException">There is none.</exception>
    /// <exception cref="CheckpointCorruptException">It is damaged.</exception>
    public abstract Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken);

    /// <summary>Removes a checkpoint; does nothing where there is none.</summary>
    /// <param name="path">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CheckpointException">It could not be removed.</exception>
    public abstract Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken);

    /// <summary>Saves a state as the trainer and its callbacks do: the operation says when the tensors may change and how the save ended.</summary>
    /// <remarks>
    /// The default runs <see cref="SaveCheckpointAsync"/> and returns as soon as an asynchronous implementation further in accepts the save
    /// (<see cref="SaveContext.Accept"/>), else when the save has ended. It never throws because a save failed.
    /// </remarks>
    /// <param name="checkpoint">The state. The same live instance again, before anything changed, may be captured once.</param>
    /// <param name="path">Where to.</param>
    /// <param name="options">How; null for the defaults.</param>
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
            // Failure is data: it ends in the operation, whichever way the implementation reported it.
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
            // The operation reports whatever the task would; nobody else looks at the task.
            _ = saving?.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return context.Accepted.Result;
        }

        return RunToEnd(saving!, new SaveOperationSource(path, options), context, checkpoint, start);
    }

    /// <summary>
    /// Returns whether there is a checkpoint at a path; saves that still wait count. The default reads the beginning of it, so override it where the
    /// storage knows.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public virtual async Task<bool> ExistsAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var state = await LoadCheckpointAsync(path, new LoadOptions { Only = CheckpointPosition.Keys }, cancellationToken).ConfigureAwait(false);
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
    /// Tries whether checkpoints can be saved in a folder, before a training that may take days: makes it, and writes and removes a small
    /// file as a save would. The default does nothing.
    /// </summary>
    /// <param name="directory">The folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CheckpointException">They cannot.</exception>
    public virtual Task ProbeAsync(string directory, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Claims a path for a run, so that no other run saves there or removes what is there until the claim is disposed. It ends with the
    /// process too, however that ends. Only who holds a claim makes a checkpoint of that path.
    /// </summary>
    /// <remarks>
    /// The default knows of the claims that were made through this instance, and asks <see cref="ExistsAsync"/>. Where the storage can do
    /// better, against other processes, override it.
    /// </remarks>
    /// <param name="path">Which.</param>
    /// <param name="mayBeThere">Whether what is at the path is the run's own, to be replaced; else the claim is refused where anything is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The claim; null where another run has claimed the path, or something is there.</returns>
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

    /// <summary>Completes when every accepted save is durable or has failed. Failures are told by the operations, not by this task.</summary>
    /// <param name="cancellationToken">Stops waiting; the saves go on.</param>
    public virtual Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// The mutation fence: returns when no capture reads parameters or optimizer state any more. The strategy calls it before every
    /// optimizer step, as does everything else that changes them.
    /// </summary>
    public virtual void BeforeParametersChange()
    {
    }

    /// <summary>Something that this implementation, or one that it wraps, can do besides; null if none can.</summary>
    /// <typeparam name="T">The interface or class to look for.</typeparam>
    public virtual T? GetCapability<T>()
        where T : class => this as T;

    /// <summary>Flushes and gives back what is held. Calling it again does nothing.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        await FlushAsync(CancellationToken.None).ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private static SaveOperation RunToEnd(Task saving, SaveOperationSource source, SaveContext context, TrainingState checkpoint, long start)
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
