
namespace Fulgurite;

/// <summary>Extends <see cref="Trainer"/> with validation, test and prediction runs.</summary>
public static class TrainerEvaluations
{
    /// <summary>Evaluates a module on the calling thread, with its current weights or those of a checkpoint.</summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module. The caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">
    /// The checkpoint with the weights to use: a path, <c>last</c>, or <c>best</c>, which may still be in memory; null for the current
    /// weights.
    /// </param>
    /// <param name="cancellationToken">Cancels the validation between two batches.</param>
    /// <returns>The reduced metrics that the module logged.</returns>
    /// <exception cref="OperationCanceledException">The validation was cancelled.</exception>
    public static IReadOnlyDictionary<string, double> Validate<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var run = trainer.BeginRun(module, RunStage.Validate, data);
        RunWarnings.CheckValidationStep(trainer, module);
        return trainer.Evaluate(
            module, SharedBatches.Of(data, trainer, evaluates: true), new ValidationStage<TBatch>(trainer, module), checkpointPath,
            cancellationToken);
    }

    /// <summary>Tests a module on the calling thread, with its current weights or those of a checkpoint.</summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module. The caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">
    /// The checkpoint with the weights to use: a path, <c>last</c>, or <c>best</c>, which may still be in memory; null for the current
    /// weights.
    /// </param>
    /// <param name="cancellationToken">Cancels the test between two batches.</param>
    /// <returns>The reduced metrics that the module logged.</returns>
    /// <exception cref="OperationCanceledException">The test was cancelled.</exception>
    public static IReadOnlyDictionary<string, double> Test<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, string? checkpointPath = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var run = trainer.BeginRun(module, RunStage.Test, data);
        return trainer.Evaluate(
            module, SharedBatches.Of(data, trainer, evaluates: true), new TestStage<TBatch>(trainer, module), checkpointPath,
            cancellationToken);
    }

    /// <summary>Predicts on the calling thread, with the current weights of a module or those of a checkpoint.</summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <typeparam name="TPrediction">The type of the prediction for a batch.</typeparam>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module. The caller owns it.</param>
    /// <param name="data">The batches.</param>
    /// <param name="checkpointPath">
    /// The checkpoint with the weights to use: a path, <c>last</c>, or <c>best</c>, which may still be in memory; null for the current
    /// weights.
    /// </param>
    /// <param name="keepPredictions">
    /// true to return the predictions; false if a callback processes them (<c>OnPredictBatchEnd</c>), so that they need not fit into
    /// memory.
    /// </param>
    /// <param name="cancellationToken">Cancels the predictions between two batches.</param>
    /// <returns>
    /// The predictions, one per batch, in order. They are copies in CPU memory and belong to no dispose scope; the caller disposes them.
    /// </returns>
    /// <exception cref="OperationCanceledException">The prediction run was cancelled.</exception>
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
    /// Runs the training step of the module without gradients over the batches of an epoch, for callbacks that compute statistics at the
    /// end of training. Metrics that it logs are discarded. Random numbers and data continue from their previous positions.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <exception cref="InvalidOperationException">No fit is running.</exception>
    public static void ForwardTrainingData(this Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        trainer.Session("There is no training data to go through").TrainingPass!.Run();
    }

    private static IReadOnlyDictionary<string, double> Evaluate<TBatch>(
        this Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, EvaluationStage<TBatch> stage,
        string? checkpointPath, CancellationToken cancellation) =>
        new EvaluationRun<TBatch>(trainer, module, new EvaluationLoop<TBatch>(trainer, module, data, stage), trainer.Log).Execute(
            checkpointPath, cancellation);
}

/// <summary>Short trainings that leave no trace, e.g. to search for a learning rate or a batch size.</summary>
public static class TrainerTrials
{
    /// <summary>
    /// Trains a module for a number of steps with a separate trainer, then restores the module, its data and the random number generator,
    /// even if the trial fails. No checkpoint is saved, and neither the callbacks of the trainer nor those of the module are called.
    /// </summary>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="trainer">The trainer whose strategy and options are used.</param>
    /// <param name="module">The module; it is on the device of the strategy afterwards.</param>
    /// <param name="data">The training data, enumerated as often as the steps need.</param>
    /// <param name="steps">The number of optimizer steps.</param>
    /// <param name="callback">The callback that observes the trial; null for none.</param>
    /// <param name="cancellationToken">Cancels the trial at the next step boundary.</param>
    /// <exception cref="InvalidOperationException">The trainer is running.</exception>
    /// <exception cref="OperationCanceledException">The trial was cancelled.</exception>
    public static void RunTrial<TBatch>(
        this Trainer trainer,
        TrainingModule<TBatch> module,
        IEnumerable<TBatch> data,
        long steps,
        Callback? callback = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(data);
        if (trainer.IsRunning)
        {
            throw new InvalidOperationException("The trainer is running. Run the trial before the fit.");
        }

        trainer.Strategy.SetUp(module);
        using var before = new ModuleSnapshot(trainer, module, data);
        try
        {
            Train(trainer, module, data, steps, callback, cancellationToken);
        }
        finally
        {
            before.Restore();
        }
    }

    private static void Train<TBatch>(
        Trainer trainer, TrainingModule<TBatch> module, IEnumerable<TBatch> data, long steps, Callback? callback,
        CancellationToken cancellation)
    {
        var options = trainer.Options.ForRun();
        (options.MaxEpochs, options.MaxSteps, options.MaxTime, options.MinEpochs, options.MinSteps) = (null, steps, null, null, null);
        (options.FastDevRun, options.SanityValidationSteps, options.EnableCheckpointing) = (0, 0, false);
        using var trial = new Trainer(trainer.Strategy, options, callback is null ? [] : [callback]) { IgnoresModuleCallbacks = true };
        var status = trial.Fit(module, data, cancellationToken: cancellation).Status;
        if (status == FitStatus.Cancelled)
        {
            throw new OperationCanceledException("The trial was cancelled.", cancellation);
        }
    }
}
