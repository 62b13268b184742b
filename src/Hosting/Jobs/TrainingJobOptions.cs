using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Jobs;

/// <summary>Options of a training job.</summary>
public sealed class TrainingJobOptions : IValidatableObject
{
    /// <summary>Gets or sets a value indicating whether the job resumes from the newest checkpoint, if there is one.</summary>
    /// <value>The default is false.</value>
    public bool Resume { get; set; }

    /// <summary>
    /// Gets or sets the checkpoint to resume from: an existing path, <c>last</c> or <c>best</c>; null to start from the beginning.
    /// </summary>
    /// <value>The default is null.</value>
    public string? CheckpointPath { get; set; }

    /// <summary>Gets or sets a value indicating whether the host stops when this job and all others have ended.</summary>
    /// <value>The default is true.</value>
    public bool StopHost { get; set; } = true;

    /// <summary>
    /// Gets or sets the time that the host waits at its shutdown for the current step, the last checkpoint and pending writes; the shutdown
    /// timeout of the host is raised to it. Use less than the time after which the process is killed.
    /// </summary>
    /// <value>The default is two minutes.</value>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromMinutes(2);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (Resume && CheckpointPath is not null)
        {
            yield return new ValidationResult($"Resume is true and CheckpointPath is '{CheckpointPath}'; allowed is one of the two.");
        }

        if (ShutdownTimeout <= TimeSpan.Zero)
        {
            yield return new ValidationResult($"ShutdownTimeout is {ShutdownTimeout}; allowed is more than 0.");
        }
    }
}
