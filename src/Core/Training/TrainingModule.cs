using Fulgurite.Schedulers;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// A model with what it takes to train it: optimizers, hooks and metrics. Derive from <see cref="TrainingModule{TBatch}"/>, which adds
/// the steps.
/// </summary>
/// <remarks>End the constructor with <c>RegisterComponents()</c>, as in every TorchSharp module.</remarks>
public abstract class TrainingModule : ModuleHooks
{
    private readonly Dictionary<string, IMetric> _metrics = new(StringComparer.Ordinal);
    private Trainer? _trainer;

    /// <summary>Makes a module.</summary>
    /// <param name="name">Its name in TorchSharp's module tree.</param>
    private protected TrainingModule(string name)
        : base(name) => ReproducibleKernels.Request();

    /// <summary>The trainer that runs this module.</summary>
    /// <exception cref="InvalidOperationException">None does.</exception>
    public Trainer Trainer => _trainer ?? throw new InvalidOperationException($"The module '{GetName()}' is not being trained: no trainer runs it now.");

    /// <summary>The number of optimizer steps done so far in the run; zero outside of one.</summary>
    public long GlobalStep => _trainer?.GlobalStep ?? 0;

    /// <summary>The number of epochs completed so far in the run; zero outside of one.</summary>
    public int CurrentEpoch => _trainer?.CurrentEpoch ?? 0;

    /// <summary>
    /// Makes what changes the parameters. Called once a fit, after the module was moved to its device, since moving may replace
    /// parameters.
    /// </summary>
    public abstract OptimizerSetup ConfigureOptimizers();

    /// <summary>
    /// The callbacks that the module wants to be run with; none by default. One takes the place of those of the same class that the trainer
    /// has, the others are added to them. Asked once by a trainer, when it first runs the module.
    /// </summary>
    public virtual IEnumerable<Callbacks.Callback> ConfigureCallbacks() => [];

    /// <summary>
    /// Whether the trainer computes gradients and lets the optimizers step. A module that says no does both in its <c>TrainingStep</c>, by
    /// <see cref="ManualBackward"/> and <see cref="Optimizers"/>; schedulers, accumulation and clipping are then its own too. Default: true.
    /// </summary>
    public virtual bool AutomaticOptimization => true;

    /// <summary>
    /// What the module was made with, to be kept in checkpoints; null for nothing. <see cref="TrainerCheckpoints.LoadFromCheckpoint{TModule}"/> makes a
    /// module of it. Default: null.
    /// </summary>
    public virtual State.StateMap? HyperParameters => null;

    /// <summary>
    /// Whether the weights of a checkpoint have to be exactly those of the module; false takes over what fits, and says what does not. Null
    /// leaves it to the call, and otherwise means that they have to. Default: null.
    /// </summary>
    public virtual bool? StrictLoading => null;

    /// <summary>The optimizers of the fit, in the order of <see cref="ConfigureOptimizers"/>, for a module that optimizes manually.</summary>
    /// <exception cref="InvalidOperationException">No fit is under way, or the trainer optimizes.</exception>
    protected IReadOnlyList<ManualOptimizer> Optimizers => ManualSession().ManualOptimizers;

    /// <summary>The schedulers of the fit, in order, for a module that optimizes manually.</summary>
    /// <exception cref="InvalidOperationException">No fit is under way, or the trainer optimizes.</exception>
    protected IReadOnlyList<LearningRateScheduler> Schedulers => [.. ManualSession().Schedulers.Configurations.Select(configuration => configuration.Scheduler)];

    /// <summary>Whether a trainer other than this one runs the module now.</summary>
    internal bool IsRunByAnother(Trainer trainer) => _trainer is { IsRunning: true } other && !ReferenceEquals(other, trainer);

    /// <summary>A trainer begins to run the module.</summary>
    /// <returns>The one that ran it until now.</returns>
    internal Trainer? Attach(Trainer trainer)
    {
        var before = _trainer;
        _trainer = trainer;
        trainer.Metrics.Attach(_metrics);
        return before;
    }

    /// <summary>A trainer has run the module: it is that of the one before again, should that one still run it.</summary>
    internal void Detach(Trainer trainer, Trainer? before)
    {
        if (ReferenceEquals(_trainer, trainer))
        {
            _trainer = before is { IsRunning: true } ? before : null;
        }
    }

    /// <summary>Computes gradients, which add to those that there are, for a module that optimizes manually.</summary>
    /// <param name="loss">A single number that autograd knows how it was made.</param>
    /// <exception cref="InvalidOperationException">No fit is under way, or the trainer optimizes.</exception>
    protected void ManualBackward(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ManualSession().Stepper.Differentiate(loss);
    }

    private FitSession ManualSession() => AutomaticOptimization
        ? throw new InvalidOperationException($"The trainer optimizes the module '{GetName()}'. Override AutomaticOptimization to give false, or leave backward and steps to it.")
        : Trainer.Session("There is nothing to optimize with");

    /// <summary>Records a metric under a name, for callbacks, loggers and the progress line. Callbacks may call it too.</summary>
    /// <param name="name">The name, such as <c>val_loss</c>.</param>
    /// <param name="value">The value.</param>
    /// <param name="onStep">
    /// Whether its newest value shows; null for yes in training and no in evaluations. Where both are asked for, the names are
    /// <c>loss_step</c> and <c>loss_epoch</c>, and <c>loss</c> is what was set last.
    /// </param>
    /// <param name="onEpoch">
    /// Whether it is reduced at the end of the epoch or evaluation; null for yes in evaluations, and in training where
    /// <paramref name="onStep"/> is null too, under the same name then.
    /// </param>
    /// <param name="progressBar">Whether the progress line shows it. Default: false.</param>
    /// <param name="reduce">How values become one. Default: their mean.</param>
    /// <param name="weight">
    /// What the value counts in a mean or sum, more than 0; null for the size of the batch in a mean and 1 in a sum. The size is the first
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
        Trainer.Metrics.Record(name, value, new MetricOptions(onStep, onEpoch, progressBar, reduce, Trainer.Metrics.WeightOf(name, weight, reduce)));

    /// <summary>Records a metric under a name, for callbacks, loggers and the progress line.</summary>
    /// <param name="name">The name, such as <c>train_loss</c>.</param>
    /// <param name="value">A tensor of one element.</param>
    /// <param name="onStep">Whether its newest value shows.</param>
    /// <param name="onEpoch">Whether it is reduced at the end of the epoch or evaluation.</param>
    /// <param name="progressBar">Whether the progress line shows it. Default: false.</param>
    /// <param name="reduce">How values become one. Default: their mean.</param>
    /// <param name="weight">
    /// What the value counts in a mean or sum, more than 0; null for the size of the batch in a mean and 1 in a sum. The size is the first
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

    /// <summary>Has the value of a metric object taken, and the object reset, at the end of the epoch or evaluation.</summary>
    /// <param name="name">The name, such as <c>val_f1</c>.</param>
    /// <param name="metric">What <see cref="RegisterMetric{TMetric}"/> was given.</param>
    /// <param name="progressBar">Whether the progress line shows it. Default: false.</param>
    /// <exception cref="ArgumentException">The object is not registered, so that a checkpoint would not keep what it has gathered.</exception>
    protected void Log(string name, IMetric metric, bool progressBar = false)
    {
        if (!_metrics.Values.Contains(metric, ReferenceEqualityComparer.Instance))
        {
            throw new ArgumentException($"The metric '{name}' is an object that the module '{GetName()}' does not know, so that checkpoints would not keep its state. Call RegisterMetric in the constructor.", nameof(metric));
        }

        Trainer.Metrics.Record(name, metric, progressBar);
    }

    /// <summary>Makes the state of a metric object part of the run; call it in the constructor.</summary>
    /// <typeparam name="TMetric">Its type.</typeparam>
    /// <param name="name">The name of its state in checkpoints.</param>
    /// <param name="metric">The object.</param>
    /// <returns>The object.</returns>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    protected TMetric RegisterMetric<TMetric>(string name, TMetric metric)
        where TMetric : IMetric
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _metrics.Add(name, metric);
        return metric;
    }
}
