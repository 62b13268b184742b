using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fulgurite.Jobs;

/// <summary>The data of a training job. Registered as a service; created once per job, in a separate scope.</summary>
/// <typeparam name="TBatch">The type of a batch.</typeparam>
public interface ITrainingData<out TBatch>
{
    /// <summary>Gets the batches of an epoch, enumerated once per epoch.</summary>
    IEnumerable<TBatch> Train { get; }

    /// <summary>Gets the batches of a validation; null for no validation.</summary>
    /// <value>The default is null.</value>
    IEnumerable<TBatch>? Validation => null;
}

/// <summary>Checks before the host starts that the job of a trainer has data.</summary>
internal sealed class TrainingDataValidator(string trainer, Type module, Type batch, IServiceProviderIsService services)
    : IValidateOptions<TrainingJobOptions>
{
    public ValidateOptionsResult Validate(string? name, TrainingJobOptions options) =>
        !string.Equals(name, trainer, StringComparison.Ordinal) || services.IsService(typeof(ITrainingData<>).MakeGenericType(batch))
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"There is no data to train {module.Name} on. Write services.AddSingleton<ITrainingData<TBatch>, MyData>(), "
                    + $"where TBatch is the {batch.Name} of {module.Name}.");
}
