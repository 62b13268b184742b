using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// Freezes one submodule (the backbone) for some epochs, then trains it too, in a separate group of the first optimizer, with a learning
/// rate that grows from epoch to epoch.
/// </summary>
/// <param name="options">The options; null for the defaults.</param>
[Plugin("backbone-finetuning")]
public sealed class BackboneFinetuning(BackboneFinetuningOptions? options = null) : Finetuning, IConfigurable<BackboneFinetuningOptions>
{
    private double? _learningRate;

    /// <inheritdoc/>
    public BackboneFinetuningOptions Options { get; } = CheckedOptions.OrDefault(options);

    /// <summary>Gets the learning rate of the backbone; null while it is frozen.</summary>
    public double? LearningRate => _learningRate;

    /// <inheritdoc/>
    public override void SetUp(SetUpArguments arguments)
    {
        if (arguments.Stage == RunStage.Fit)
        {
            _learningRate = null;
        }

        base.SetUp(arguments);
    }

    /// <inheritdoc/>
    public override StateMap? StateDict()
    {
        var state = base.StateDict();
        if (state is not null)
        {
            state["learning_rate"] = _learningRate is { } rate ? rate : StateValue.Null;
        }

        return state;
    }

    /// <inheritdoc/>
    public override void LoadStateDict(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        base.LoadStateDict(state);
        _learningRate = state["learning_rate"] is StateNull ? null : state["learning_rate"].AsReal();
    }

    /// <inheritdoc/>
    protected override void FreezeBeforeTraining(TrainingModule module) => ModuleFreezer.Freeze(Find(module), Options.TrainBatchNorm);

    /// <inheritdoc/>
    protected override void Finetune(Trainer trainer, TrainingModule module, int epoch, optim.Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(optimizer);
        if (!ReferenceEquals(optimizer, trainer.Optimizers[0]))
        {
            return;
        }

        var first = optimizer.ParamGroups.First().LearningRate;
        if (epoch == Options.UnfreezeAtEpoch)
        {
            _learningRate = Options.InitialLearningRate ?? (first * Options.InitialRatio);
            if (!UnfreezeAndAddGroup(Find(module), optimizer, _learningRate))
            {
                throw new InvalidOperationException(
                    $"The optimizer already has all parameters of '{Options.Backbone}', so it cannot have a separate learning rate. "
                        + "Create the optimizer from ModuleFreezer.TrainedParameters(this) in ConfigureOptimizers.");
            }
        }
        else if (epoch > Options.UnfreezeAtEpoch && _learningRate is { } rate)
        {
            var next = rate * Options.Multiplier;
            _learningRate = Options.AlignToFirstGroup ? Math.Min(next, first) : next;
            optimizer.ParamGroups.Last().LearningRate = _learningRate.Value;
        }
    }

    private nn.Module Find(TrainingModule module)
    {
        var parts = module.named_modules().ToList();
        return parts.Where(part => part.Item1 == Options.Backbone).Select(part => part.Item2).FirstOrDefault()
            ?? throw new InvalidOperationException(
                $"BackboneFinetuningOptions.Backbone is '{Options.Backbone}', and {module.GetType().Name} has no part of this name. "
                    + $"It has: {string.Join(", ", parts.Select(part => part.Item1).Where(name => name.Length > 0).Take(20))}.");
    }
}

/// <summary>Options of <see cref="BackboneFinetuning"/>.</summary>
public sealed class BackboneFinetuningOptions
{
    /// <summary>Gets or sets the name of the submodule, with dots between levels.</summary>
    /// <value>The default is <c>backbone</c>.</value>
    [Required]
    public string Backbone { get; set; } = "backbone";

    /// <summary>Gets or sets the epoch at whose start the backbone is unfrozen, from zero.</summary>
    /// <value>The default is 10.</value>
    [Range(0, int.MaxValue)]
    public int UnfreezeAtEpoch { get; set; } = 10;

    /// <summary>Gets or sets the factor for its learning rate at the start of each later epoch.</summary>
    /// <value>The default is 2.</value>
    [Range(double.Epsilon, double.MaxValue)]
    public double Multiplier { get; set; } = 2;

    /// <summary>Gets or sets its first learning rate as a fraction of that of the first group.</summary>
    /// <value>The default is 0.1.</value>
    [Range(double.Epsilon, double.MaxValue)]
    public double InitialRatio { get; set; } = 0.1;

    /// <summary>Gets or sets its first learning rate; null for <see cref="InitialRatio"/>.</summary>
    /// <value>The default is null.</value>
    [Range(double.Epsilon, double.MaxValue)]
    public double? InitialLearningRate { get; set; }

    /// <summary>Gets or sets a value indicating whether its learning rate is limited to that of the first group.</summary>
    /// <value>The default is true.</value>
    public bool AlignToFirstGroup { get; set; } = true;

    /// <summary>
    /// Gets or sets a value indicating whether its batch norms are trained while it is frozen; otherwise, they are in evaluation mode.
    /// </summary>
    /// <value>The default is true.</value>
    public bool TrainBatchNorm { get; set; } = true;
}
