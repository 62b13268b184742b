using System.Globalization;
using Fulgurite.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite.Loggers;

/// <summary>
/// The base class of loggers that write one file per run. Writing happens in the background; the training thread only queues the data.
/// Write failures are logged and never thrown. A resumed run continues its file from the step at which it resumes.
/// </summary>
/// <remarks>
/// Called on the thread of the run. The file is written by one thread pool thread at a time, and flushed whenever the queue is empty. It
/// is complete when the run ends, in any way.
/// </remarks>
/// <typeparam name="TOptions">The type of the options.</typeparam>
public abstract class FileLogger<TOptions> : Callback, IMetricLogger, IConfigurable<TOptions>, IDisposable
    where TOptions : FileLoggerOptions, new()
{
    /// <summary>The maximum time that the end of a run waits for the file.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly string _ending;
    private readonly ILogger _log;
    private readonly BackgroundQueue _queue;
    private IDisposable? _claim;
    private RunEnd _end;
    private string? _loadedFile;
    private bool _isOpen;

    // Used by the background thread: the file to open; whether a failure was logged without a later success; whether anything failed since
    // the last flush.
    private (string Path, OpenMode Mode)? _unopened;
    private bool _failing;
    private bool _failed;

    /// <summary>Initializes the common properties.</summary>
    private protected FileLogger(TOptions? options, string ending, ILogger? logger, TimeProvider? time)
    {
        Options = CheckedOptions.OrDefault(options);
        _ending = ending;
        _log = logger ?? NullLogger.Instance;
        Time = time ?? TimeProvider.System;
        _queue = new BackgroundQueue(OnIdle, OnFailure, () => FileLoggerLog.Overflow(_log, Path));
    }

    /// <inheritdoc/>
    public TOptions Options { get; }

    /// <summary>Gets the file of the run, or its folder; null before the first run.</summary>
    public string? Path { get; private set; }

    /// <inheritdoc/>
    public override string StateKey => $"{GetType().Name}{{'directory': '{Options.Directory}', 'name': '{Options.Name}'}}";

    private protected TimeProvider Time { get; }

    /// <inheritdoc/>
    public override StateMap? StateDict() => Path is null ? null : new StateMap { ["file"] = System.IO.Path.GetFileName(Path) };

    /// <inheritdoc/>
    public override void LoadStateDict(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _loadedFile = state.TryGetValue("file", out var file) && file is StateText { Value: var name } ? name : null;
    }

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        var trainer = arguments.Trainer;
        _end = RunEnd.Completed;
        var isResumed = trainer.ResumedFrom is not null && _loadedFile is not null;
        Open(trainer, isResumed ? _loadedFile : null, isResumed ? OpenMode.Resume(trainer.GlobalStep) : OpenMode.New);
        _loadedFile = null;
        BeginRun(arguments);
        if (arguments.Module.HyperParameters is { Count: > 0 } parameters)
        {
            var values = HyperParameterList.Of(parameters);
            var (now, step) = (Time.GetUtcNow(), trainer.GlobalStep);
            Post(() => WriteHyperParameters(now, step, values));
        }
    }

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments) =>
        _end = arguments.IsInterruption ? RunEnd.Interrupted : RunEnd.Failed;

    /// <inheritdoc/>
    public override void OnCheckpointDropped(OnCheckpointDroppedArguments arguments) =>
        LogCheckpoint(arguments.Operation, arguments.Operation.GlobalStep ?? arguments.Trainer.GlobalStep);

    /// <inheritdoc/>
    public override void TearDown(TearDownArguments arguments) => Close();

    /// <inheritdoc/>
    public void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var record = new MetricRecord(Time.GetUtcNow(), globalStep, epoch, [.. metrics]);
        Post(() => WriteMetrics(record));
    }

    /// <inheritdoc/>
    public void LogText(string name, string text, long globalStep)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(text);
        var now = Time.GetUtcNow();
        Post(() => WriteText(now, globalStep, name, text));
    }

    /// <inheritdoc/>
    public void LogHistogram(string name, ReadOnlySpan<double> values, long globalStep)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var histogram = Histogram.Of(values);
        var now = Time.GetUtcNow();
        Post(() => WriteHistogram(now, globalStep, name, histogram));
    }

    /// <inheritdoc/>
    public void LogCheckpoint(SaveOperation operation, long globalStep)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var now = Time.GetUtcNow();
        Post(() => WriteCheckpoint(now, globalStep, operation));
    }

    /// <summary>Writes all queued data and closes the file. A later run opens a new one.</summary>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>Waits until all logged data has been written.</summary>
    internal void Flush(TimeSpan timeout) => _queue.Wait(timeout);

    private protected abstract void OpenFile(string path, OpenMode mode);

    /// <summary>Called when a fit begins and its file is opened, on the thread of the run.</summary>
    private protected virtual void BeginRun(OnFitStartArguments arguments)
    {
    }

    private protected abstract void WriteMetrics(MetricRecord record);

    private protected virtual void WriteHyperParameters(
        DateTimeOffset time, long step, IReadOnlyList<KeyValuePair<string, StateValue>> values)
    {
    }

    private protected virtual void WriteText(DateTimeOffset time, long step, string name, string text)
    {
    }

    private protected virtual void WriteHistogram(DateTimeOffset time, long step, string name, Histogram histogram)
    {
    }

    private protected virtual void WriteCheckpoint(DateTimeOffset time, long step, SaveOperation operation)
    {
    }

    /// <summary>Passes all written data to the operating system. Called when the queue is empty.</summary>
    /// <returns>True if it was written, false if it was deferred.</returns>
    private protected abstract bool Flush();

    /// <summary>Completes the file at the end of the run, before it is closed.</summary>
    private protected abstract void CloseFile(DateTimeOffset time, RunEnd end);

    /// <summary>Queues work in order. If the run did not begin with a fit, reopens the file.</summary>
    private protected void Post(Action write)
    {
        if (!_isOpen)
        {
            var earlier = Path is { } known && TryClaim(known, mayBeThere: true) ? known : null;
            var path = earlier ?? FreePath(Local(Options.Directory ?? "logs"));
            var mode = earlier is null ? OpenMode.New : OpenMode.Append;
            (Path, _isOpen) = (path, true);
            _queue.Post(() => _unopened = (path, mode));
        }

        _queue.Post(() =>
        {
            if (_unopened is not null)
            {
                TryOpen(OnFailure);
            }

            write();
        });
    }

    private void Open(Trainer trainer, string? file, OpenMode mode)
    {
        Close();
        var directory = Local(Options.Directory ?? System.IO.Path.Combine(Local(trainer.Options.DefaultRootDirectory), "logs"));
        var path = file is null ? FreePath(directory) : System.IO.Path.Combine(directory, System.IO.Path.GetFileName(file));
        if (file is not null && !TryClaim(path, mayBeThere: true))
        {
            // Another run resumed from the same checkpoint and owns the file.
            FileLoggerLog.Shared(_log, path);
            (path, mode) = (FreePath(directory), OpenMode.New);
        }

        // Opened before training, so that a run of days does not end without metrics.
        Exception? failure = null;
        (Path, _isOpen) = (path, true);
        _queue.Post(() =>
        {
            _unopened = (path, mode);
            TryOpen(exception => failure = exception);
        });
        if (!_queue.Wait(LongestWait) || failure is null)
        {
            return;
        }

        if (!Options.Required)
        {
            _queue.Post(() => OnFailure(failure));
            return;
        }

        GiveUp();
        var space = failure is UnauthorizedAccessException or DirectoryNotFoundException ? string.Empty : ", and free space";
        throw new IOException(
            $"{GetType().Name} cannot write '{path}': {failure.Message.TrimEnd('.')}. The user '{Environment.UserName}' needs write "
                + $"permission in the folder '{directory}'{space}. Set Directory to another folder, "
                + "or Required to false to train without this logger.",
            failure);
    }

    /// <summary>Abandons the file.</summary>
    private void GiveUp()
    {
        (Path, _isOpen) = (null, false);
        _queue.Post(() => _unopened = null);
        _claim?.Dispose();
        _claim = null;
    }

    private void TryOpen(Action<Exception> onFailure)
    {
        try
        {
            var (path, mode) = _unopened!.Value;
            OpenFile(path, mode);
            _unopened = null;
        }
        catch (Exception exception)
        {
            onFailure(exception);
        }
    }

    private void Close()
    {
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        var (now, end) = (Time.GetUtcNow(), _end);
        var claim = _claim;
        _claim = null;
        _queue.Post(() =>
        {
            try
            {
                CloseFile(now, end);
            }
            finally
            {
                _unopened = null;
                claim?.Dispose();
            }
        });
        if (!_queue.Wait(LongestWait))
        {
            FileLoggerLog.Slow(_log, Path, LongestWait.TotalSeconds);
        }
    }

    private string Local(string directory) => LocalPath.SchemeOf(directory) is { } scheme
        ? throw new InvalidOperationException(
            $"{GetType().Name} writes files of this machine and cannot write to {scheme}: '{directory}' is a URL. "
                + "Set its Directory to a folder of this machine.")
        : System.IO.Path.GetFullPath(LocalPath.Plain(directory)); // Absolute, because the working directory may change during the run.

    private bool TryClaim(string path, bool mayBeThere)
    {
        _claim?.Dispose();
        _claim = LocalClaim.TryTake(path, mayBeThere);
        return _claim is not null;
    }

    /// <summary>Returns the path of a file that does not exist and that no other run is about to create.</summary>
    private string FreePath(string directory)
    {
        for (var version = 0; ; version++)
        {
            var suffix = version == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"-v{version}");
            var path = System.IO.Path.Combine(directory, $"{Options.Name}{suffix}{_ending}");
            if (TryClaim(path, mayBeThere: false))
            {
                return path;
            }
        }
    }

    private void OnIdle()
    {
        var isWhole = !_failed;
        _failed = false;
        try
        {
            _failing &= !Flush() || !isWhole;
        }
        catch (Exception exception)
        {
            Report(exception);
        }
    }

    private void OnFailure(Exception exception)
    {
        _failed = true;
        Report(exception);
    }

    private void Report(Exception exception)
    {
        // Once, until something was written again: a full disk would fill the log too.
        if (!_failing)
        {
            _failing = true;
            FileLoggerLog.Failure(_log, exception, Path, Environment.UserName, System.IO.Path.GetDirectoryName(Path));
        }
    }
}

/// <summary>The mode in which a file is opened.</summary>
/// <param name="IsNew">Whether the file is created; otherwise, it is continued.</param>
/// <param name="LastStep">The step from which it continues; data of later steps is discarded, because the resumed run repeats them.</param>
internal readonly record struct OpenMode(bool IsNew, long LastStep)
{
    public static readonly OpenMode New = new(IsNew: true, -1);

    public static readonly OpenMode Append = new(IsNew: false, long.MaxValue);

    public static OpenMode Resume(long step) => new(IsNew: false, step);
}

/// <summary>The log messages of file loggers.</summary>
internal static partial class FileLoggerLog
{
    [LoggerMessage(
        2000, LogLevel.Error,
        "Metrics could not be written to '{Path}'; training continues without this log. Free disk space, "
            + "or grant the user '{User}' write access to the folder '{Folder}'.")]
    public static partial void Failure(ILogger logger, Exception exception, string? path, string user, string? folder);

    [LoggerMessage(
        2001, LogLevel.Error,
        "'{Path}' is written more slowly than metrics are logged, and some metrics are dropped. Log less often, or to a faster disk.")]
    public static partial void Overflow(ILogger logger, string? path);

    [LoggerMessage(2003, LogLevel.Warning, "Another active run continues '{Path}'; this run writes a separate file.")]
    public static partial void Shared(ILogger logger, string path);

    [LoggerMessage(
        2002, LogLevel.Warning, "'{Path}' was not complete {Seconds} s after the end of the run; the rest is written in the background.")]
    public static partial void Slow(ILogger logger, string? path, double seconds);
}
