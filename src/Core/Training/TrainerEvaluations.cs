
namespace Fulgurite;

/// <summary>What a <see cref="Trainer"/> does with a module besides training it: validations, tests and predictions.</summary>
public static class TrainerEvaluations
{
    /// <summary>Evaluates a module on the calling thread, as it is or as a checkpoint has it.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">Whose weights to use: a path, <c>last</c>, or <c>best</c>, which may be in memory and not written yet; null for those that the module has.</param>
    /// <param name="cancellationToken">Ends the validation between two batches.</param>
    /// <returns>The metrics that the module logged, reduced.</returns>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    public static IReadOnlyDictionary<string, double> Validate<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var run = trainer.BeginRun(module, RunStage.Validate, data);
        RunWarnings.CheckValidationStep(trainer, module);
        return trainer.Evaluate(module, data, new ValidationStage<TBatch>(trainer, module), checkpointPath, cancellationToken);
    }

    /// <summary>Tests a module on the calling thread, as it is or as a checkpoint has it.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">Whose weights to use: a path, <c>last</c>, or <c>best</c>, which may be in memory and not written yet; null for those that the module has.</param>
    /// <param name="cancellationToken">Ends the test between two batches.</param>
    /// <returns>The metrics that the module logged, reduced.</returns>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    public static IReadOnlyDictionary<string, double> Test<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var run = trainer.BeginRun(module, RunStage.Test, data);
        return trainer.Evaluate(module, data, new TestStage<TBatch>(trainer, module), checkpointPath, cancellationToken);
    }

    /// <summary>Predicts on the calling thread, with a module as it is or as a checkpoint has it.</summary>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <typeparam name="TPrediction">What is predicted for a batch.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module; the caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">Whose weights to use: a path, <c>last</c>, or <c>best</c>, which may be in memory and not written yet; null for those that the module has.</param>
    /// <param name="keepPredictions">
    /// Whether predictions are given back; false where a callback takes them (<c>OnPredictBatchEnd</c>) and they need not fit into memory.
    /// </param>
    /// <param name="cancellationToken">Ends the predictions between two batches.</param>
    /// <returns>A prediction for each batch, in order: copies in the memory of the CPU, in no dispose scope; the caller disposes them.</returns>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    public static IReadOnlyList<TPrediction> Predict<TBatch, TPrediction>(
        this Trainer trainer, TrainingModule<TBatch, TPrediction> module, IEnumerable<TBatch> data, string? checkpointPath = null,
        bool keepPredictions = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var run = trainer.BeginRun(module, RunStage.Predict, data);
        var stage = new PredictionStage<TBatch, TPrediction>(trainer, module, keepPredictions);
        try
        {
            trainer.Evaluate(module, data, stage, checkpointPath, cancellationToken);
            return stage.Predictions;
        }
        catch
        {
            stage.Abandon();
            throw;
        }
    }

    /// <summary>
    /// Goes once more through the batches of an epoch: the training step of the module, without gradients. For callbacks that gather
    /// statistics at the end of training. What it logs is forgotten, and random numbers and data go on from where they were.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <exception cref="InvalidOperationException">No fit is under way.</exception>
    public static void ForwardTrainingData(this Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        trainer.Session("There is no training data to go through").TrainingPass!.Run();
    }

    private static IReadOnlyDictionary<string, double> Evaluate<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, EvaluationStage<TBatch> stage,
        string? checkpointPath, CancellationToken cancellation) =>
        new EvaluationRun<TBatch>(trainer, module, new EvaluationLoop<TBatch>(trainer, module, data, stage), trainer.Log).Execute(checkpointPath, cancellation);
}
