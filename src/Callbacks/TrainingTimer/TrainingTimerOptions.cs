using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>How long a <see cref="TrainingTimer"/> lets a run train.</summary>
public sealed class TrainingTimerOptions : IValidatableObject
{
    /// <summary>How long all runs together may train, those before a resume counted; null for no limit, only measuring. Default: null.</summary>
    public TimeSpan? Duration { get; set; }

    /// <summary>Whether it looks at the clock after every batch or after every epoch. Default: every batch.</summary>
    public TimerInterval Interval { get; set; } = TimerInterval.Batch;

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) => Duration < TimeSpan.Zero
        ? [new ValidationResult($"Duration is {Duration}; allowed is 00:00:00 or more. Days come first, as in 1.12:00:00.")]
        : [];
}

/// <summary>When a <see cref="TrainingTimer"/> looks at the clock.</summary>
public enum TimerInterval
{
    /// <summary>After every training batch.</summary>
    Batch,

    /// <summary>After every epoch.</summary>
    Epoch,
}
