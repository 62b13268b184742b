using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fulgurite.Jobs;

/// <summary>What a training job trains on. Registered as a service; made once a job, in a scope of its own.</summary>
/// <typeparam name="TBatch">What a batch is.</typeparam>
public interface ITrainingData<out TBatch>
{
    /// <summary>The batches of an epoch, enumerated anew for each.</summary>
    IEnumerable<TBatch> Train { get; }

    /// <summary>The batches of a validation; null for no validation. Default: null.</summary>
    IEnumerable<TBatch>? Validation => null;
}

/// <summary>Checks that there is data for the job of a trainer before the host starts.</summary>
internal sealed class TrainingDataValidator(string trainer, Type module, Type batch, IServiceProviderIsService services) : IValidateOptions<TrainingJobOptions>
{
    public ValidateOptionsResult Validate(string? name, TrainingJobOptions options) =>
        !string.Equals(name, trainer, StringComparison.Ordinal) || services.IsService(typeof(ITrainingData<>).MakeGenericType(batch))
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"There is no data to train {module.Name} on. Write services.AddSingleton<ITrainingData<TBatch>, MyData>(), where TBatch is the {batch.Name} of {module.Name}.");
}
