using Fulgurite.Schedulers;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// A model with its optimizers, hooks and metrics. Derive from <see cref="TrainingModule{TBatch}"/>, which adds the
/// steps.
/// </summary>
/// <remarks>End the constructor with <c>RegisterComponents()</c>, as in every TorchSharp module.</remarks>
public abstract class TrainingModule : ModuleHooks
{
    private readonly Dictionary<string, IMetric> _metrics = new(StringComparer.Ordinal);
    private Trainer? _trainer;

    /// <summary>Initializes a module.</summary>
    /// <param name="name">The name in TorchSharp's module tree.</param>
    private protected TrainingModule(string name)
        : base(Loaded(name)) => ReproducibleKernels.Request();

    /// <summary>Gets the trainer that runs this module.</summary>
    /// <exception cref="InvalidOperationException">No trainer runs this module.</exception>
    public Trainer Trainer => _trainer ?? throw new InvalidOperationException(
        $"The module '{GetName()}' is not being run by a trainer. Use its trainer and log its metrics in steps and hooks only.");

    /// <summary>Gets the number of completed optimizer steps in the run; zero outside a run.</summary>
    public long GlobalStep => _trainer?.GlobalStep ?? 0;

    /// <summary>Gets the number of completed epochs in the run; zero outside a run.</summary>
    public int CurrentEpoch => _trainer?.CurrentEpoch ?? 0;

    /// <summary>
    /// Creates the optimizers and schedulers. Called once per fit, after the module was moved to its device, because moving may replace
    /// parameters.
    /// </summary>
    public abstract OptimizerSetup ConfigureOptimizers();

    /// <summary>
    /// Returns the callbacks of the module; none by default. Each replaces the callbacks of the same class in the trainer; the others are
    /// appended. A trainer calls this method once, when it first runs the module.
    /// </summary>
    public virtual IEnumerable<Callback> ConfigureCallbacks() => [];

    /// <summary>
    /// Gets a value that indicates whether the trainer computes gradients and steps the optimizers. If false, the <c>TrainingStep</c> must
    /// do both with <see cref="ManualBackward"/> and <see cref="Optimizers"/>, and also handle schedulers, accumulation and clipping.
    /// The default is true.
    /// </summary>
    public virtual bool AutomaticOptimization => true;

    /// <summary>
    /// Gets the hyperparameters that are saved in checkpoints; null for none, which is the default.
    /// <see cref="TrainerCheckpoints.LoadFromCheckpoint{TModule}"/> creates a module from them.
    /// </summary>
    public virtual StateMap? HyperParameters => null;

    /// <summary>
    /// Gets a value that indicates whether the weights of a checkpoint must match the module exactly. If false, matching weights are loaded
    /// and the others are reported. The default is null, for the setting of the call, or else true.
    /// </summary>
    public virtual bool? StrictLoading => null;

    /// <summary>Gets the optimizers of the fit, in the order of <see cref="ConfigureOptimizers"/>, for manual optimization.</summary>
    /// <exception cref="InvalidOperationException">No fit is running, or optimization is automatic.</exception>
    protected IReadOnlyList<ManualOptimizer> Optimizers => ManualSession().ManualOptimizers;

    /// <summary>Gets the schedulers of the fit, in order, for manual optimization.</summary>
    /// <exception cref="InvalidOperationException">No fit is running, or optimization is automatic.</exception>
    protected IReadOnlyList<LearningRateScheduler> Schedulers =>
        [.. ManualSession().Schedulers.Configurations.Select(configuration => configuration.Scheduler)];

    /// <summary>Returns whether another trainer is running the module.</summary>
    internal bool IsRunByAnother(Trainer trainer) => _trainer is { IsRunning: true } other && !ReferenceEquals(other, trainer);

    /// <summary>Attaches a trainer that begins to run the module.</summary>
    /// <returns>The trainer that ran it before.</returns>
    internal Trainer? Attach(Trainer trainer)
    {
        var before = _trainer;
        _trainer = trainer;
        trainer.Metrics.Attach(_metrics);
        return before;
    }

    /// <summary>Detaches a trainer and restores the previous one if it is still running the module.</summary>
    internal void Detach(Trainer trainer, Trainer? before)
    {
        if (ReferenceEquals(_trainer, trainer))
        {
            _trainer = before is { IsRunning: true } ? before : null;
        }
    }

    /// <summary>Computes gradients and adds them to the existing ones, for manual optimization.</summary>
    /// <param name="loss">A one-element tensor with a gradient function.</param>
    /// <exception cref="InvalidOperationException">No fit is running, or optimization is automatic.</exception>
    protected void ManualBackward(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ManualSession().Stepper.Differentiate(loss);
    }

    private FitSession ManualSession() => AutomaticOptimization
        ? throw new InvalidOperationException(
            $"The trainer optimizes the module '{GetName()}'. Override AutomaticOptimization to return false, "
                + "or leave the backward pass and steps to the trainer.")
        : Trainer.Session("There is nothing to optimize with");

    /// <summary>Logs a metric for callbacks, loggers and the progress bar. May also be called by callbacks.</summary>
    /// <param name="name">The name, such as <c>val_loss</c>.</param>
    /// <param name="value">The value.</param>
    /// <param name="onStep">
    /// Whether the latest value is shown; null for true in training and false in evaluations. If both <paramref name="onStep"/> and
    /// <paramref name="onEpoch"/> are true, the names are <c>loss_step</c> and <c>loss_epoch</c>, and <c>loss</c> has the latest of both.
    /// </param>
    /// <param name="onEpoch">
    /// Whether the value is reduced at the end of the epoch or evaluation; null for true in evaluations, and in training if
    /// <paramref name="onStep"/> is also null, in which case both use the same name.
    /// </param>
    /// <param name="progressBar">Whether the metric is shown in the progress bar. Default: false.</param>
    /// <param name="reduce">The reduction. Default: <see cref="MetricReduction.Mean"/>.</param>
    /// <param name="weight">
    /// The weight of the value in a mean or sum, more than 0; null for the batch size in a mean and 1 in a sum. The batch size is the first
    /// dimension of the first tensor of the batch, and 1 outside of batches and for batches without tensors. Default: null.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="weight"/> is not a finite number above 0.</exception>
    public void Log(
        string name,
        double value,
        bool? onStep = null,
        bool? onEpoch = null,
        bool progressBar = false,
        MetricReduction reduce = MetricReduction.Mean,
        double? weight = null) =>
        Trainer.Metrics.Record(
            name, value, new MetricOptions(onStep, onEpoch, progressBar, reduce, Trainer.Metrics.WeightOf(name, weight, reduce)));

    /// <summary>Logs a metric for callbacks, loggers and the progress bar.</summary>
    /// <param name="name">The name, such as <c>train_loss</c>.</param>
    /// <param name="value">A tensor with one element.</param>
    /// <param name="onStep">Whether the latest value is shown.</param>
    /// <param name="onEpoch">Whether the value is reduced at the end of the epoch or evaluation.</param>
    /// <param name="progressBar">Whether the metric is shown in the progress bar. Default: false.</param>
    /// <param name="reduce">The reduction. Default: <see cref="MetricReduction.Mean"/>.</param>
    /// <param name="weight">
    /// The weight of the value in a mean or sum, more than 0; null for the batch size in a mean and 1 in a sum. The batch size is the first
    /// dimension of the first tensor of the batch, and 1 outside of batches and for batches without tensors. Default: null.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="weight"/> is not a finite number above 0.</exception>
    public void Log(
        string name,
        Tensor value,
        bool? onStep = null,
        bool? onEpoch = null,
        bool progressBar = false,
        MetricReduction reduce = MetricReduction.Mean,
        double? weight = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        Log(name, value.ToNumber(), onStep, onEpoch, progressBar, reduce, weight);
    }

    /// <summary>Logs a metric object, which is computed and reset at the end of the epoch or evaluation.</summary>
    /// <param name="name">The name, such as <c>val_f1</c>.</param>
    /// <param name="metric">The object, registered with <see cref="RegisterMetric{TMetric}"/>.</param>
    /// <param name="progressBar">Whether the metric is shown in the progress bar. Default: false.</param>
    /// <exception cref="ArgumentException">The object is not registered, so checkpoints would not contain its state.</exception>
    protected void Log(string name, IMetric metric, bool progressBar = false)
    {
        if (!_metrics.Values.Contains(metric, ReferenceEqualityComparer.Instance))
        {
            throw new ArgumentException(
                $"The metric '{name}' is an object that is not registered with the module '{GetName()}', "
                    + "so checkpoints would not contain its state. Call RegisterMetric in the constructor.",
                nameof(metric));
        }

        Trainer.Metrics.Record(name, metric, progressBar);
    }

    /// <summary>Registers a metric object, whose state then is part of the run. Call it in the constructor.</summary>
    /// <typeparam name="TMetric">The type of the metric.</typeparam>
    /// <param name="name">The name of its state in checkpoints.</param>
    /// <param name="metric">The object.</param>
    /// <returns>The object.</returns>
    /// <exception cref="ArgumentException">The name is already used.</exception>
    protected TMetric RegisterMetric<TMetric>(string name, TMetric metric)
        where TMetric : IMetric
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _metrics.Add(name, metric);
        return metric;
    }

    // TorchSharp's base class would fail first, with a misleading message.
    private static string Loaded(string name)
    {
        NativeTorch.Load();
        return name;
    }
}

/// <summary>The base class of models with a training step.</summary>
/// <typeparam name="TBatch">The type of a batch: a tensor, a tuple of tensors, a record.</typeparam>
public abstract class TrainingModule<TBatch> : TrainingModule
{
    /// <summary>Initializes a module.</summary>
    /// <param name="name">The name in TorchSharp's module tree.</param>
    protected TrainingModule(string name)
        : base(name)
    {
    }

    /// <summary>Computes the loss of one batch, in training mode and inside a dispose scope.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">The zero-based index of the batch in the epoch.</param>
    /// <returns>The loss, a one-element tensor, or null to skip the batch.</returns>
    public abstract Tensor? TrainingStep(TBatch batch, int batchIndex);

    /// <summary>Evaluates one batch, in evaluation mode, without gradients and inside a dispose scope.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">The zero-based index of the batch in the validation.</param>
    public virtual void ValidationStep(TBatch batch, int batchIndex)
    {
    }

    /// <summary>Tests one batch, in evaluation mode, without gradients and inside a dispose scope.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">The zero-based index of the batch in the test.</param>
    /// <exception cref="NotSupportedException">The module does not override this method.</exception>
    public virtual void TestStep(TBatch batch, int batchIndex) =>
        throw new NotSupportedException($"{GetType().Name} does not support testing. Override TestStep.");
}

/// <summary>The base class of models with a training step and a prediction step.</summary>
/// <typeparam name="TBatch">The type of a batch: a tensor, a tuple of tensors, a record.</typeparam>
/// <typeparam name="TPrediction">
/// The type of the prediction for a batch: a tensor, or a tuple, list or dictionary of tensors, numbers or strings.
/// </typeparam>
public abstract class TrainingModule<TBatch, TPrediction> : TrainingModule<TBatch>
{
    /// <summary>Initializes a module.</summary>
    /// <param name="name">The name in TorchSharp's module tree.</param>
    protected TrainingModule(string name)
        : base(name)
    {
    }

    /// <summary>Predicts for one batch, in evaluation mode, without gradients and inside a dispose scope.</summary>
    /// <param name="batch">The batch, on the device of the module.</param>
    /// <param name="batchIndex">The zero-based index of the batch in the data.</param>
    /// <returns>The prediction. The trainer copies its tensors to CPU memory.</returns>
    public abstract TPrediction PredictStep(TBatch batch, int batchIndex);
}
