using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Options of <see cref="TrainingTimer"/>.</summary>
public sealed class TrainingTimerOptions : IValidatableObject
{
    /// <summary>Gets or sets the maximum training time over all resumes of a run; null to only measure.</summary>
    /// <value>The default is null.</value>
    public TimeSpan? Duration { get; set; }

    /// <summary>Gets or sets whether the time is checked after every batch or after every epoch.</summary>
    /// <value>The default is <see cref="TimerInterval.Batch"/>.</value>
    public TimerInterval Interval { get; set; } = TimerInterval.Batch;

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) => Duration < TimeSpan.Zero
        ? [new ValidationResult($"Duration is {Duration}; allowed is 00:00:00 or more. Days come first, as in 1.12:00:00.")]
        : [];
}

/// <summary>The time at which a <see cref="TrainingTimer"/> checks the clock.</summary>
public enum TimerInterval
{
    /// <summary>After every training batch.</summary>
    Batch,

    /// <summary>After every epoch.</summary>
    Epoch,
}
