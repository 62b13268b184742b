using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Fulgurite.Callbacks;

/// <summary>When a <see cref="GradientAccumulationScheduler"/> changes how many batches share an optimizer step.</summary>
public sealed class GradientAccumulationSchedulerOptions : IValidatableObject
{
    /// <summary>
    /// From the epoch of the key on, counted from zero, as many batches as the value says share a step. Before the first of them it is
    /// <see cref="TrainerOptions.AccumulateGradBatches"/>. Default: empty, which changes nothing.
    /// </summary>
    [Required]
    public IDictionary<int, int> Scheduling { get; init; } = new SortedDictionary<int, int>();

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Scheduling.Where(entry => entry.Key < 0 || entry.Value < 1).Select(entry => new ValidationResult(string.Create(
            CultureInfo.InvariantCulture,
            $"Scheduling has {entry.Value} batches from epoch {entry.Key} on; allowed are epochs of 0 or more and 1 batch or more.")));
}
