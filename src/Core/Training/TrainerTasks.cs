
namespace Fulgurite;

/// <summary>The runs of a <see cref="Trainer"/> as tasks: each gets a thread of its own, on which all its hooks and steps run.</summary>
public static class TrainerTasks
{
    /// <summary>Trains a module on a thread of its own; see <see cref="Trainer.Fit{TBatch}"/>.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="trainData">The batches of an epoch, enumerated anew for each.</param>
    /// <param name="validationData">The batches of a validation; null for no validation.</param>
    /// <param name="checkpointPath">What to go on from; null to start anew.</param>
    /// <param name="cancellationToken">Asks to stop at the next step boundary; the result then says so.</param>
    public static Task<FitResult> FitAsync<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> trainData, IEnumerable<TBatch>? validationData = null,
        string? checkpointPath = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return RunThread.Start("Fulgurite fit", () => trainer.Fit(module, trainData, validationData, checkpointPath, cancellationToken));
    }

    /// <summary>Evaluates a module on a thread of its own; see <see cref="TrainerEvaluations.Validate{TBatch}"/>.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">Whose weights to use; null for those that the module has.</param>
    /// <param name="cancellationToken">Ends the validation between two batches.</param>
    public static Task<IReadOnlyDictionary<string, double>> ValidateAsync<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return RunThread.Start("Fulgurite validation", () => trainer.Validate(module, data, checkpointPath, cancellationToken));
    }

    /// <summary>Tests a module on a thread of its own; see <see cref="TrainerEvaluations.Test{TBatch}"/>.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">Whose weights to use; null for those that the module has.</param>
    /// <param name="cancellationToken">Ends the test between two batches.</param>
    public static Task<IReadOnlyDictionary<string, double>> TestAsync<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return RunThread.Start("Fulgurite test", () => trainer.Test(module, data, checkpointPath, cancellationToken));
    }

    /// <summary>Predicts on a thread of its own; see <see cref="TrainerEvaluations.Predict{TBatch, TPrediction}"/>.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <typeparam name="TPrediction">What is predicted for a batch.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">Whose weights to use; null for those that the module has.</param>
    /// <param name="keepPredictions">Whether predictions are given back; false where a callback takes them.</param>
    /// <param name="cancellationToken">Ends the predictions between two batches.</param>
    public static Task<IReadOnlyList<TPrediction>> PredictAsync<TBatch, TPrediction>(
        this Trainer trainer, TrainingModule<TBatch, TPrediction> module, IEnumerable<TBatch> data, string? checkpointPath = null,
        bool keepPredictions = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return RunThread.Start("Fulgurite predictions", () => trainer.Predict(module, data, checkpointPath, keepPredictions, cancellationToken));
    }
}
