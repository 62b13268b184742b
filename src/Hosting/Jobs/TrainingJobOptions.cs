using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Jobs;

/// <summary>How a training job begins and ends.</summary>
public sealed class TrainingJobOptions : IValidatableObject
{
    /// <summary>
    /// Whether the job goes on from the newest checkpoint, if there is one: for jobs that are started again after they were stopped.
    /// Default: false.
    /// </summary>
    public bool Resume { get; set; }

    /// <summary>What to go on from: a path, <c>last</c> or <c>best</c>, which must be there; null to start anew. Default: null.</summary>
    public string? CheckpointPath { get; set; }

    /// <summary>Whether the host stops when this job and all others have ended. Default: true.</summary>
    public bool StopHost { get; set; } = true;

    /// <summary>
    /// How long the host waits, when it is told to stop, for the current step, the last checkpoint and what is still being written; the
    /// timeout of the host is raised to it. Keep it below the time after which the process is killed. Default: two minutes.
    /// </summary>
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
