namespace Fulgurite;

/// <summary>Runs a <see cref="Trainer"/> asynchronously. Each run has a dedicated thread for all its hooks and steps.</summary>
public static class TrainerTasks
{
    /// <summary>Trains a module on a dedicated thread; see <see cref="Trainer.Fit{TBatch}"/>.</summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module. The caller owns it.</param>
    /// <param name="trainData">The batches of an epoch, enumerated once per epoch.</param>
    /// <param name="validationData">The batches of a validation; null for no validation.</param>
    /// <param name="checkpointPath">The checkpoint to resume from; null to start from scratch.</param>
    /// <param name="cancellationToken">Requests a stop at the next step boundary, which the result reports.</param>
    public static Task<FitResult> FitAsync<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> trainData, IEnumerable<TBatch>? validationData = null,
        string? checkpointPath = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return RunThread.Start("Fulgurite fit", () => trainer.Fit(module, trainData, validationData, checkpointPath, cancellationToken));
    }

    /// <summary>Evaluates a module on a dedicated thread; see <see cref="TrainerEvaluations.Validate{TBatch}"/>.</summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module. The caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">The checkpoint with the weights to use; null for the current weights.</param>
    /// <param name="cancellationToken">Cancels the validation between two batches.</param>
    public static Task<IReadOnlyDictionary<string, double>> ValidateAsync<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return RunThread.Start("Fulgurite validation", () => trainer.Validate(module, data, checkpointPath, cancellationToken));
    }

    /// <summary>Tests a module on a dedicated thread; see <see cref="TrainerEvaluations.Test{TBatch}"/>.</summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module. The caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">The checkpoint with the weights to use; null for the current weights.</param>
    /// <param name="cancellationToken">Cancels the test between two batches.</param>
    public static Task<IReadOnlyDictionary<string, double>> TestAsync<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return RunThread.Start("Fulgurite test", () => trainer.Test(module, data, checkpointPath, cancellationToken));
    }

    /// <summary>Predicts on a dedicated thread; see <see cref="TrainerEvaluations.Predict{TBatch, TPrediction}"/>.</summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <typeparam name="TPrediction">The type of the prediction for a batch.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module. The caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">The checkpoint with the weights to use; null for the current weights.</param>
    /// <param name="keepPredictions">true to return the predictions; false if a callback processes them.</param>
    /// <param name="cancellationToken">Cancels the predictions between two batches.</param>
    public static Task<IReadOnlyList<TPrediction>> PredictAsync<TBatch, TPrediction>(
        this Trainer trainer, TrainingModule<TBatch, TPrediction> module, IEnumerable<TBatch> data, string? checkpointPath = null,
        bool keepPredictions = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return RunThread.Start(
            "Fulgurite predictions", () => trainer.Predict(module, data, checkpointPath, keepPredictions, cancellationToken));
    }
}

/// <summary>Values for <c>checkpointPath</c> of a fit.</summary>
public static class Resume
{
    /// <summary>
    /// Resumes from the newest checkpoint of the checkpoint callbacks, and starts from scratch if there is none. The same as
    /// <see cref="TrainerCheckpoints.FindLastCheckpoint"/>.
    /// </summary>
    public const string IfPossible = "last-if-possible";
}
