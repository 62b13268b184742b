using System.Runtime.CompilerServices;
using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite;

/// <summary>
/// Saves checkpoints in the background. A save copies state that may change at any time, defers the rest up to the mutation fence, and
/// returns. A dedicated thread then passes the captured states to the inner implementation, one at a time.
/// </summary>
/// <remarks>
/// <para>Operations on one path (saves, loads, removals and queries) run in the order of their calls: a load of a path that is still being
/// saved waits for the save. Across paths, removals run first, and a resume point (<see cref="SaveOptions.IsResumePoint"/>) waits for at
/// most one other write. A save that supersedes another one takes its place in the queue.</para>
/// <para>A state saved under several names without a change in between is captured once and, if the inner implementation supports links,
/// written once.</para>
/// <para>The instance can be used again after <see cref="FlushAsync"/>. Disposing it drains it first and is final.</para>
/// </remarks>
[Plugin("async")]
public sealed partial class AsyncCheckpointIO : WrappingCheckpointIO, ICheckpointCapture, IConfigurable<AsyncCheckpointOptions>
{
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AsyncCheckpointOptions _options;
    private readonly ArenaPool _pool;
    private readonly CopyWorkers _workers;
    private readonly WorkQueue _queue = new(typeof(AsyncCheckpointIO));
    private readonly WriterThread _thread;
    private readonly Withdrawals _withdrawals;
    private readonly Lock _captureGate = new();
    private readonly SnapshotCapturer _capturer;
    private readonly MemorySnapshots _memory;
    private readonly Telemetry _telemetry;
    private readonly FreeSpace _space;
    private readonly bool _isLocal;
    private IStepCopies? _step;
    private bool _hasRehearsed;
    private int _disposed;

    /// <summary>Initializes a wrapper around an implementation.</summary>
    /// <param name="inner">
    /// The implementation that writes, reads and removes; called with captured states, by one thread. Owned by the wrapper.
    /// </param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null for the system clock.</param>
    /// <param name="logger">
    /// The logger for warnings, and at the level Debug for the end of each save; null to disable logging. The operation of a save tells its
    /// caller of a failure: a trainer logs that as an error, other callers decide themselves.
    /// </param>
    public AsyncCheckpointIO(
        CheckpointIO inner, AsyncCheckpointOptions? options = null, TimeProvider? timeProvider = null,
        ILogger<AsyncCheckpointIO>? logger = null)
        : this(inner, options, timeProvider ?? TimeProvider.System, logger, isHeard: true)
    {
    }

    /// <summary>Initializes a wrapper, optionally without metrics, and with the given control of the writer's priority.</summary>
    internal AsyncCheckpointIO(
        CheckpointIO inner, AsyncCheckpointOptions? options, TimeProvider time, ILogger? logger, bool isHeard,
        WriterPriority? priority = null)
        : base(inner)
    {
        _options = CheckedOptions.OrDefault(options);
        _time = time;
        _logger = logger ?? NullLogger.Instance;
        _telemetry = new Telemetry(_time, isHeard);
        _space = new FreeSpace(inner.GetCapability<ICheckpointFiles>());
        _isLocal = inner.GetCapability<FileCheckpointIO>()?.Storage is LocalStorage or RoutingStorage;
        _pool = new ArenaPool(_options.HugePages);
        var threads = _options.CopyThreads == 0 ? Math.Min(Environment.ProcessorCount, 4) : _options.CopyThreads;
        _workers = new CopyWorkers(threads - 1);
        _capturer = new SnapshotCapturer(
            _options, _pool, _workers, _telemetry, StopOverlapping, copiesRows: inner.GetCapability<IncrementalCheckpointIO>() is not null);
        _memory = new MemorySnapshots(_options, _workers, _telemetry, StopOverlapping);
        var writer = new CheckpointWriter(
            inner, _time, _logger, _telemetry, _space, copies: threads == 1, WaitForCopy, StopOverlapping,
            onLinked: isLinked => _queue.HasLinks = isLinked);
        _thread = new WriterThread(_queue, writer, _time, priority ?? WriterPriority.Create(), _logger);
        _withdrawals = new Withdrawals(_queue, _telemetry, _logger);
    }

    /// <summary>Gets the counters so far. Can be read from any thread.</summary>
    public AsyncCheckpointStatistics Statistics => _telemetry.ToStatistics(_pool.TotalBytes + _memory.TotalBytes);

    /// <inheritdoc/>
    public AsyncCheckpointOptions Options => _options;

    /// <inheritdoc/>
    public override SaveOperation Submit(TrainingState checkpoint, string path, SaveOptions? options)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var start = _time.GetTimestamp();
        var item = new SaveItem(path, Root(path), options ?? new SaveOptions(), _withdrawals);
        _telemetry.Accepted();
        try
        {
            if (item.IsMilestone)
            {
                _queue.WaitForMilestones(_options.MaxWaitingMilestones, () => OnWaitForMilestones(path));
            }

            CaptureAndQueue(checkpoint, item);
        }
        catch (Exception exception)
        {
            Fail(item, exception);
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        }

        var stall = _time.GetElapsedTime(start);
        item.Source.AddStall(stall);
        _telemetry.Stalled(stall, "save");
        return item.Source.Operation;
    }

    /// <inheritdoc/>
    public override async Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var operation = Submit(checkpoint, path, context?.Options);
        context?.Accept(operation);
        using var registration = cancellationToken.UnsafeRegister(static operation => ((SaveOperation)operation!).Cancel(), operation);
        if (await operation.Completion.ConfigureAwait(false) == CheckpointOutcome.Cancelled)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        await operation.Durable.ConfigureAwait(false);
        context?.ByteLength = operation.ByteCount;
    }

    /// <inheritdoc/>
    public override async Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var rooted = Root(path);
        using var turn = await ReadTurn.TakeAsync(_queue, path, cancellationToken).ConfigureAwait(false);
        return await Inner.LoadCheckpointAsync(rooted, options, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async Task<CheckpointPosition?> ReadPositionAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var rooted = Root(path);
        using var turn = await ReadTurn.TakeAsync(_queue, path, cancellationToken).ConfigureAwait(false);
        return await Inner.ReadPositionAsync(rooted, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async Task VerifyAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var rooted = Root(path);
        using var turn = await ReadTurn.TakeAsync(_queue, path, cancellationToken).ConfigureAwait(false);
        await Inner.VerifyAsync(rooted, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Waits for all earlier operations.</remarks>
    public override async IAsyncEnumerable<CheckpointEntry> ListFilesAsync(
        string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        await _queue.WhenDrained().WaitAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var entry in Inner.ListFilesAsync(Root(directory), cancellationToken).ConfigureAwait(false))
        {
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public override async Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var item = new RemoveItem(Root(path), cancellationToken);
        _queue.Add(item);
        _thread.Start();
        using var registration = cancellationToken.UnsafeRegister(_ => _withdrawals.TakeBack(item, item.Cancel), null);
        await item.Result.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async Task<bool> ExistsAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return _queue.WillExist(PathKey.Of(path)) ?? await Inner.ExistsAsync(path, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Waiting operations count as completed: a path that is queued for removal is free.</remarks>
    public override Task<IDisposable?> TryClaimAsync(string path, bool mayBeThere, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var willExist = _queue.WillExist(PathKey.Of(path));
        return willExist == true && !mayBeThere
            ? Task.FromResult<IDisposable?>(null)
            : Inner.TryClaimAsync(Root(path), mayBeThere || willExist == false, cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        _capturer.Forget();
        lock (_captureGate)
        {
            _capturer.Release();
        }

        var drained = _queue.WhenDrained();
        if (!drained.IsCompleted)
        {
            _queue.Hurry();
            _thread.Start();
        }

        await drained.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Inner.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            // Waits for everything accepted, then disposes the inner one.
            await base.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _queue.Close();
            _thread.Join();
            lock (_captureGate)
            {
                _capturer.Dispose();
                _memory.Dispose();
            }

            _workers.Dispose();
            _pool.Dispose();
        }
    }

    // Failure is data: the operation reports it like a failed write.
    private void Fail(SaveItem item, Exception exception)
    {
        item.Dispose();
        item.Source.TrySetFailed(exception);
        _telemetry.Ended(Telemetry.Count.Failed);
        AsyncCheckpointLog.Failed(_logger, item.Source.Operation.Path, exception.Message);
    }

    /// <summary>Returns an absolute path, since the current directory may change before the operation runs.</summary>
    private string Root(string path) =>
        _isLocal && !Path.IsPathFullyQualified(path) && !path.Contains("://", StringComparison.Ordinal)
            ? Path.Combine(Environment.CurrentDirectory, LocalPath.Plain(path))
            : path;

    private void OnWaitForMilestones(string path)
    {
        _telemetry.Add(Telemetry.Count.Waits);
        AsyncCheckpointLog.WaitingForMilestones(_logger, path, _options.MaxWaitingMilestones);
    }
}

/// <summary>Adds an <see cref="AsyncCheckpointIO"/> to a trainer.</summary>
public static class AsyncCheckpointIOBuilderExtensions
{
    /// <summary>Saves checkpoints in the background.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddAsyncCheckpointIO(this ITrainerBuilder builder, Action<AsyncCheckpointOptions>? configure = null) =>
        builder.AddCheckpointIO<AsyncCheckpointIO, AsyncCheckpointOptions>(configure ?? (_ => { }));

    /// <summary>Saves checkpoints in the background.</summary>
    /// <typeparam name="TCheckpointIO">The type of the wrapper, <see cref="AsyncCheckpointIO"/>.</typeparam>
    /// <param name="builder">The trainer builder.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCheckpointIO<TCheckpointIO>(this ITrainerBuilder builder, Action<AsyncCheckpointOptions> configure)
        where TCheckpointIO : CheckpointIO, IConfigurable<AsyncCheckpointOptions> =>
        builder.AddCheckpointIO<TCheckpointIO, AsyncCheckpointOptions>(configure);
}
