using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>
/// Freezes submodules before the optimizers are created, and unfreezes them at the start of epochs. Derived classes define the schedule.
/// </summary>
/// <remarks>
/// <para>Unfrozen parameters are added to an optimizer as a separate group. A resumed run restores the groups, the frozen parameters and
/// the frozen batch norms before the state of the optimizers is loaded.</para>
/// <para>Order of calls: <see cref="FreezeBeforeTraining"/> once per fit, before <see cref="TrainingModule.ConfigureOptimizers"/>, which
/// should create its optimizers with <see cref="ModuleFreezer.TrainedParameters"/>; <see cref="Finetune"/> at the start of every epoch for
/// every optimizer.</para>
/// </remarks>
public abstract class Finetuning : Callback
{
    private TrainingModule? _module;
    private Trainer? _trainer;
    private List<nn.Module> _frozenNorms = [];

    /// <inheritdoc/>
    public override void SetUp(SetUpArguments arguments)
    {
        if (arguments.Stage == RunStage.Fit)
        {
            (_module, _trainer) = (arguments.Module, arguments.Trainer);
            FreezeBeforeTraining(arguments.Module);
            NoteFrozenNorms(arguments.Module);
        }
    }

    /// <inheritdoc/>
    public override StateMap? StateDict()
    {
        if (_module is null || _trainer is null)
        {
            return null;
        }

        var names = Names(_module);
        var optimizers =
            _trainer.Optimizers.Select(optimizer => (StateValue)new StateList(optimizer.ParamGroups.Cast<ParamGroup>().Select(group =>
                (StateValue)new StateList(
                    group.Parameters.Select(parameter => (StateValue)names.GetValueOrDefault(parameter, string.Empty))))));
        var frozen = _module.named_parameters().Where(entry => !entry.parameter.requires_grad).Select(entry => (StateValue)entry.name);
        var norms = _module.named_modules().Where(entry => _frozenNorms.Contains(entry.Item2)).Select(entry => (StateValue)entry.Item1);
        return new StateMap
        {
            ["groups"] = new StateList(optimizers),
            ["frozen"] = new StateList(frozen),
            ["frozen_norms"] = new StateList(norms),
        };
    }

    /// <inheritdoc/>
    public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments)
    {
        // The optimizer state is loaded next and requires the same groups.
        if (arguments.Trainer.Optimizers.Count > 0
            && arguments.State.Root.TryGetValue(CheckpointKeys.Callbacks, out var callbacks)
            && callbacks.AsMap().TryGetValue(StateKey, out var state))
        {
            Rebuild(arguments.Trainer, arguments.Module, state.AsMap());
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments)
    {
        HoldFrozenNorms();
        foreach (var optimizer in arguments.Trainer.Optimizers)
        {
            Finetune(arguments.Trainer, arguments.Module, arguments.Trainer.CurrentEpoch, optimizer);
        }

        NoteFrozenNorms(arguments.Module);
    }

    /// <inheritdoc/>
    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => HoldFrozenNorms();

    /// <inheritdoc/>
    public override void TearDown(TearDownArguments arguments)
    {
        if (arguments.Stage == RunStage.Fit)
        {
            (_module, _trainer, _frozenNorms) = (null, null, []);
        }
    }

    /// <summary>Freezes submodules for the start of the training (<see cref="ModuleFreezer.Freeze"/>).</summary>
    /// <param name="module">The module; its optimizers do not exist yet.</param>
    protected abstract void FreezeBeforeTraining(TrainingModule module);

    /// <summary>Unfreezes the submodules that are due (<see cref="UnfreezeAndAddGroup"/>).</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="module">The module.</param>
    /// <param name="epoch">The number of the starting epoch, from zero.</param>
    /// <param name="optimizer">One of the optimizers.</param>
    protected abstract void Finetune(Trainer trainer, TrainingModule module, int epoch, optim.Optimizer optimizer);

    /// <summary>Unfreezes a submodule and adds its missing parameters to the optimizer as a group.</summary>
    /// <param name="part">The submodule.</param>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="learningRate">The learning rate of the group; null for that of the first group divided by <paramref
    /// name="denominator"/>.</param>
    /// <param name="denominator">The divisor of the learning rate of the first group. The default is 10.</param>
    /// <param name="trainBatchNorm">True to unfreeze batch norms, too. The default is true.</param>
    /// <returns>True if a group was added; false if the optimizer already has all parameters.</returns>
    protected static bool UnfreezeAndAddGroup(
        nn.Module part, optim.Optimizer optimizer, double? learningRate = null, double denominator = 10, bool trainBatchNorm = true)
    {
        ArgumentNullException.ThrowIfNull(part);
        ArgumentNullException.ThrowIfNull(optimizer);
        var frozen = trainBatchNorm ? [] : ModuleFreezer.WithParts(part).OfType<BatchNorm>().Where(norm => !norm.training).ToList();
        ModuleFreezer.Unfreeze(part);
        foreach (var norm in frozen)
        {
            ModuleFreezer.Freeze(norm, trainBatchNorm: false);
        }

        var known = optimizer.parameters().ToHashSet<Parameter>(ReferenceEqualityComparer.Instance);
        var fresh = ModuleFreezer.TrainedParameters(part).Where(parameter => !known.Contains(parameter)).ToList();
        if (fresh.Count == 0)
        {
            return false;
        }

        ParameterGroups.Add(optimizer, fresh, learningRate ?? (optimizer.ParamGroups.First().LearningRate / denominator));
        return true;
    }

    /// <summary>Keeps frozen batch norms in evaluation mode when the whole module is switched to training mode.</summary>
    private void HoldFrozenNorms()
    {
        foreach (var norm in _frozenNorms)
        {
            if (norm.training)
            {
                norm.eval();
            }
        }
    }

    private void NoteFrozenNorms(TrainingModule module) =>
        _frozenNorms =
        [
            .. ModuleFreezer.WithParts(module).Where(
                part => part is BatchNorm && !part.training && part.parameters(recurse: false).All(parameter => !parameter.requires_grad)),
        ];

    private void Rebuild(Trainer trainer, TrainingModule module, StateMap state)
    {
        var frozen = state["frozen"].AsList().Select(name => name.AsText()).ToHashSet(StringComparer.Ordinal);
        var parameters = new Dictionary<string, Parameter>(StringComparer.Ordinal);
        foreach (var (name, parameter) in module.named_parameters())
        {
            parameters[name] = parameter;
            parameter.requires_grad = !frozen.Contains(name);
        }

        var norms = state["frozen_norms"].AsList().Select(name => name.AsText()).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, part) in module.named_modules())
        {
            if (part is BatchNorm)
            {
                part.train(!norms.Contains(name));
            }
        }

        NoteFrozenNorms(module);
        var saved = state["groups"].AsList();
        for (var index = 0; index < Math.Min(saved.Count, trainer.Optimizers.Count); index++)
        {
            var optimizer = trainer.Optimizers[index];
            foreach (var group in saved[index].AsList().Skip(optimizer.ParamGroups.Count()))
            {
                // The optimizer state provides the learning rate.
                ParameterGroups.Add(
                    optimizer, [.. group.AsList().Select(name => Find(parameters, name.AsText()))],
                    optimizer.ParamGroups.First().LearningRate);
            }
        }
    }

    private Parameter Find(Dictionary<string, Parameter> parameters, string name) => parameters.TryGetValue(name, out var parameter)
        ? parameter
        : throw new InvalidOperationException(
            $"The state of {GetType().Name} in the checkpoint has a group with the parameter '{name}', which the module does not have. "
                + "Resume with the module that the checkpoint was made with.");

    private static Dictionary<Parameter, string> Names(TrainingModule module)
    {
        var names = new Dictionary<Parameter, string>(ReferenceEqualityComparer.Instance);
        foreach (var (name, parameter) in module.named_parameters())
        {
            names.TryAdd(parameter, name);
        }

        return names;
    }
}

/// <summary>Adds groups to an optimizer whose class is only known at run time.</summary>
internal static class ParameterGroups
{
    /// <summary>Adds a group with the defaults of the optimizer, except for the learning rate.</summary>
    public static void Add(optim.Optimizer optimizer, IReadOnlyCollection<Parameter> parameters, double learningRate)
    {
        // Each optimizer class accepts only its own class of groups, so the new group copies that of an existing one.
        if (optimizer.ParamGroups.FirstOrDefault() is not ParamGroup { Options: { } options } like
            || Activator.CreateInstance(like.GetType()) is not ParamGroup group
            || Activator.CreateInstance(options.GetType()) is not OptimizerOptions fresh)
        {
            throw new NotSupportedException(
                $"{optimizer.GetType().Name} has no groups of parameters to add to. Use Adam, AdamW, SGD or another optimizer that has.");
        }

        fresh.LearningRate = learningRate;
        group.Parameters = parameters;
        group.Options = fresh;
        optimizer.add_param_group(group);
    }
}
