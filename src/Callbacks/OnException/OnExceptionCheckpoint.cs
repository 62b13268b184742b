using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>
/// Saves the state of a run that ends early, by an exception or a stop request, so that it can be resumed. It saves nothing else.
/// </summary>
/// <remarks>
/// The next run that ends early replaces the file as a whole; concurrent runs have separate files with <c>-v1</c> and so on. A run that was
/// resumed from the file and has a newer durable checkpoint removes it when it completes; no other file is ever removed.
/// </remarks>
[Plugin("on-exception")]
public sealed class OnExceptionCheckpoint : Checkpoint, IConfigurable<OnExceptionOptions>
{
    private readonly ILogger _logger;
    private CheckpointPaths? _paths;
    private SaveOperation? _operation;
    private string? _path;
    private RunPosition _start;
    private bool _isRunning;
    private bool _isChecking;

    /// <summary>Initializes a new instance of the <see cref="OnExceptionCheckpoint"/> class.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="logger">The logger for damaged checkpoints; null to disable logging.</param>
    /// <exception cref="ArgumentException">Options are invalid.</exception>
    public OnExceptionCheckpoint(OnExceptionOptions? options = null, ILogger<OnExceptionCheckpoint>? logger = null)
    {
        _logger = logger ?? (ILogger)NullLogger.Instance;
        Options = CheckedOptions.OrDefault(options);
    }

    /// <inheritdoc/>
    public OnExceptionOptions Options { get; }

    /// <inheritdoc/>
    public override string? LastModelPath => _operation is { Outcome: CheckpointOutcome.Durable } operation ? operation.Path : null;

    /// <inheritdoc/>
    /// <remarks>This is <see cref="OnExceptionOptions.DirPath"/>.</remarks>
    public override string? GetDirectory(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return Directory(trainer).Path;
    }

    /// <inheritdoc/>
    public override string? FindLast(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var io = trainer.Strategy.CheckpointIO;
        var search = new LastCheckpointSearch(io, _logger);
        return search.Newest(LastModelPath) ?? search.Find(Directory(trainer), Naming(io), Options.Filename);
    }

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        var trainer = arguments.Trainer;
        CloseNames();
        _isRunning = false;
        var directory = Directory(trainer);
        _paths = new CheckpointPaths(directory, Naming(trainer.Strategy.CheckpointIO), countsVersions: true, trainer);
        _start = RunPosition.Of(trainer);

        // Claimed now if it is known: a concurrent run may fail and end before this one fails.
        _path = Options.Filename.Contains('{', StringComparison.Ordinal) ? null : _paths.ReserveToReplace(Options.Filename);
        (_operation, _isRunning, _isChecking) = (null, true, false);
    }

    /// <inheritdoc/>
    public override void OnSanityCheckStart(OnSanityCheckStartArguments arguments) => _isChecking = true;

    /// <inheritdoc/>
    public override void OnSanityCheckEnd(OnSanityCheckEndArguments arguments) => _isChecking = false;

    /// <inheritdoc/>
    public override void TearDown(TearDownArguments arguments) => CloseNames();

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments)
    {
        var trainer = arguments.Trainer;

        // Without training there is nothing to save, and an existing file is more useful.
        if (_isRunning && !_isChecking && (Options.OnInterruption || !arguments.IsInterruption)
            && !_start.IsSameStateAs(RunPosition.Of(trainer)))
        {
            var metrics = trainer.Metrics.Snapshot().ToDictionary(entry => entry.Key, entry => entry.Value.Value, StringComparer.Ordinal);
            string Name() => _paths!.Naming.Format(Options.Filename, trainer.CurrentEpoch, trainer.GlobalStep, metrics);
            var path = _path ?? Reserve(trainer, _paths!.Naming.Agree(Options.Filename, Name(), trainer));
            _operation = Save(trainer, weightsOnly: false, (path, null))[0];
        }

        _isRunning = false;
    }

    /// <inheritdoc/>
    public override void OnFitEnd(OnFitEndArguments arguments)
    {
        var trainer = arguments.Trainer;
        if (_isRunning
            && trainer.ResumedFrom is { } path
            && trainer.CheckpointCosts.Durable > 0
            && _paths!.Naming.Matches(Options.Filename, Path.GetFileName(path))
            && string.Equals(
                CheckpointDirectory.ParentOf(path), CheckpointDirectory.ParentOf(_paths.Directory[Options.Filename]),
                StringComparison.Ordinal)
            && _paths.TakeOver(CheckpointDirectory.Canonical(path)))
        {
            trainer.RemoveCheckpoint(path);
        }

        _isRunning = false;
    }

    /// <summary>Reserves a name; an existing file is only replaced if the run was resumed from it.</summary>
    private string Reserve(Trainer trainer, string name)
    {
        var path = _paths!.Directory[_paths.Naming.WithVersion(name, 0)];
        return trainer.ResumedFrom is { } resumed && string.Equals(CheckpointDirectory.Canonical(resumed), path, StringComparison.Ordinal)
            && _paths.TakeOver(path)
            ? path
            : _paths.Reserve(name, _ => false);
    }

    private void CloseNames()
    {
        _paths?.GiveBackAll(_operation is null ? [] : [_operation]);
        _paths = null;
    }

    private static CheckpointNaming Naming(CheckpointIO io) => new() { Extension = io.FileExtension };

    private CheckpointDirectory Directory(Trainer trainer) => CheckpointDirectory.Of(Options.DirPath, trainer.Options.DefaultRootDirectory);
}

/// <summary>Options of <see cref="OnExceptionCheckpoint"/>.</summary>
public sealed class OnExceptionOptions : IValidatableObject
{
    /// <summary>Gets or sets the folder.</summary>
    /// <value>The default is null, for <c>checkpoints</c> below <see cref="TrainerOptions.DefaultRootDirectory"/>.</value>
    public string? DirPath { get; set; }

    /// <summary>Gets or sets the file name without extension, a template like <see cref="ModelCheckpointOptions.Filename"/>.</summary>
    /// <value>The default is <c>on_exception</c>.</value>
    [Required]
    public string Filename { get; set; } = "on_exception";

    /// <summary>Gets or sets a value indicating whether a stop request (Ctrl-C, shutdown of the host) saves too.</summary>
    /// <value>The default is true.</value>
    public bool OnInterruption { get; set; } = true;

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        CheckpointNaming.FindProblem(nameof(Filename), Filename) is { } problem ? [new ValidationResult(problem)] : [];
}
