using System.ComponentModel.DataAnnotations;
using Fulgurite.Composition;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// Freezes one part of the module (the backbone) for some epochs, then trains it too, in a group of its own of the first optimizer, with
/// a learning rate that grows from epoch to epoch.
/// </summary>
/// <param name="options">Which part and until when; null for the defaults.</param>
[Plugin("backbone-finetuning")]
public sealed class BackboneFinetuning(BackboneFinetuningOptions? options = null) : Finetuning, IConfigurable<BackboneFinetuningOptions>
{
    private double? _learningRate;

    /// <inheritdoc/>
    public BackboneFinetuningOptions Options { get; } = CheckedOptions.OrDefault(options);

    /// <summary>The learning rate of the backbone; null while it is frozen.</summary>
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
                    $"The optimizer has all parameters of '{Options.Backbone}' already, so that it cannot have a learning rate of its own. Make the optimizer of ModuleFreezer.TrainedParameters(this) in ConfigureOptimizers.");
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
                $"BackboneFinetuningOptions.Backbone is '{Options.Backbone}', and {module.GetType().Name} has no part of this name. It has: {string.Join(", ", parts.Select(part => part.Item1).Where(name => name.Length > 0).Take(20))}.");
    }
}

/// <summary>Which part a <see cref="BackboneFinetuning"/> freezes, until when, and how fast it is trained then.</summary>
public sealed class BackboneFinetuningOptions
{
    /// <summary>The name of the part in the module, with dots between levels. Default: <c>backbone</c>.</summary>
    [Required]
    public string Backbone { get; set; } = "backbone";

    /// <summary>The epoch at whose start it is thawed, from zero. Default: 10.</summary>
    [Range(0, int.MaxValue)]
    public int UnfreezeAtEpoch { get; set; } = 10;

    /// <summary>By what its learning rate is multiplied at the start of each later epoch. Default: 2.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double Multiplier { get; set; } = 2;

    /// <summary>Its first learning rate as a part of that of the first group. Default: 0.1.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double InitialRatio { get; set; } = 0.1;

    /// <summary>Its first learning rate; null for <see cref="InitialRatio"/>. Default: null.</summary>
    [Range(double.Epsilon, double.MaxValue)]
    public double? InitialLearningRate { get; set; }

    /// <summary>Whether its learning rate grows to that of the first group at most. Default: true.</summary>
    public bool AlignToFirstGroup { get; set; } = true;

    /// <summary>Whether its batch norms are trained while it is frozen; else they are in evaluation mode until it is thawed. Default: true.</summary>
    public bool TrainBatchNorm { get; set; } = true;
}
