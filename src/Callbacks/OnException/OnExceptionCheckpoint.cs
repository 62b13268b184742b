using System.ComponentModel.DataAnnotations;
using Fulgurite.Composition;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite.Callbacks;

/// <summary>Saves a run that ends early, by an exception or because it was told to stop, so that it can go on; and nothing else.</summary>
/// <remarks>
/// The file is replaced as a whole by the next run that ends early. A run that went on from it and has a newer checkpoint that is durable
/// removes it when it ends well; nothing else is ever removed.
/// </remarks>
[Plugin("on-exception")]
public sealed class OnExceptionCheckpoint : Checkpoint, IConfigurable<OnExceptionOptions>
{
    private readonly CheckpointNaming _naming = new();
    private readonly ILogger _logger;
    private SaveOperation? _operation;
    private RunPosition _start;
    private bool _isRunning;
    private bool _isChecking;

    /// <summary>Makes a callback.</summary>
    /// <param name="options">Where it saves; null for the defaults.</param>
    /// <param name="logger">The logger for damaged checkpoints; null to disable logging.</param>
    /// <exception cref="ArgumentException">Options are not allowed.</exception>
    public OnExceptionCheckpoint(OnExceptionOptions? options = null, ILogger<OnExceptionCheckpoint>? logger = null)
    {
        _logger = logger ?? (ILogger)NullLogger.Instance;
        Options = options ?? new OnExceptionOptions();
        if (Options.Validate is { } contradiction)
        {
            throw new ArgumentException(contradiction, nameof(options));
        }
    }

    /// <inheritdoc/>
    public OnExceptionOptions Options { get; }

    /// <inheritdoc/>
    public override string? LastModelPath => _operation is { Outcome: CheckpointOutcome.Durable } operation ? operation.Path : null;

    /// <inheritdoc/>
    public override string? FindLast(Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var search = new LastCheckpointSearch(trainer.Strategy.CheckpointIO, _logger);
        return search.Newest(LastModelPath) ?? search.Find(Directory(trainer), _naming, Options.Filename);
    }

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        _isRunning = false;
        TryDirectory(arguments.Trainer, Directory(arguments.Trainer).Path);
        _start = RunPosition.Of(arguments.Trainer);
        (_operation, _isRunning, _isChecking) = (null, true, false);
    }

    /// <inheritdoc/>
    public override void OnSanityCheckStart(OnSanityCheckStartArguments arguments) => _isChecking = true;

    /// <inheritdoc/>
    public override void OnSanityCheckEnd(OnSanityCheckEndArguments arguments) => _isChecking = false;

    /// <inheritdoc/>
    public override void OnException(OnExceptionArguments arguments)
    {
        var trainer = arguments.Trainer;

        // A run that has trained nothing has nothing to save, and what is there is better.
        if (_isRunning && !_isChecking && (Options.OnInterruption || !arguments.IsInterruption) && !_start.IsSameStateAs(RunPosition.Of(trainer)))
        {
            var metrics = trainer.Metrics.Snapshot().ToDictionary(entry => entry.Key, entry => entry.Value.Value, StringComparer.Ordinal);
            var name = _naming.Format(Options.Filename, trainer.CurrentEpoch, trainer.GlobalStep, metrics);
            _operation = Save(trainer, weightsOnly: false, (Directory(trainer)[_naming.WithVersion(name, 0)], null))[0];
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
            && _naming.Matches(Options.Filename, Path.GetFileName(path))
            && string.Equals(CheckpointDirectory.ParentOf(path), CheckpointDirectory.ParentOf(Directory(trainer)[Options.Filename]), StringComparison.Ordinal))
        {
            trainer.RemoveCheckpoint(path);
        }

        _isRunning = false;
    }

    private CheckpointDirectory Directory(Trainer trainer) => CheckpointDirectory.Of(Options.DirPath, trainer.Options.DefaultRootDirectory);
}

/// <summary>Where an <see cref="OnExceptionCheckpoint"/> saves.</summary>
public sealed class OnExceptionOptions : IValidatableObject
{
    /// <summary>The folder. Default: null, <c>checkpoints</c> below <see cref="TrainerOptions.DefaultRootDirectory"/>.</summary>
    public string? DirPath { get; set; }

    /// <summary>The name of the file, without ending, a template as that of <see cref="ModelCheckpointOptions.Filename"/>. Default: <c>on_exception</c>.</summary>
    [Required]
    public string Filename { get; set; } = "on_exception";

    /// <summary>Whether a run that is told to stop (Ctrl-C, a host that shuts down) saves too. Default: true.</summary>
    public bool OnInterruption { get; set; } = true;

    internal string? Validate => CheckpointNaming.FindProblem(nameof(Filename), Filename);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Validate is { } contradiction ? [new ValidationResult(contradiction)] : [];
}
