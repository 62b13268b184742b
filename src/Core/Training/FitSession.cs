using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The objects of one fit: the module, its optimizers and schedulers, and their parameters.</summary>
internal sealed class FitSession : IDisposable
{
    private Parameter[] _parameters = [];
    private int _groups;

    public FitSession(Trainer trainer, TrainingModule module, OptimizerSetup setup)
    {
        // Walking a module with thousands of parameters takes as long as copying them.
        var names = NamesOf(module);
        OptimizerChecks.Check(trainer, module, setup, names);
        Module = module;
        Setup = setup;
        Optimizers = [.. setup.Optimizers.Select(configuration => configuration.Optimizer)];
        foreach (var optimizer in Optimizers)
        {
            OptimizerParameters.Fix(optimizer);
        }

        Schedulers = new SchedulerRunner(trainer, setup);
        ParameterNames = names;
        Fields = new RegisteredFields(module);
        Stepper = new OptimizerStepper(trainer, this);

        ClipsInStep = module.GetType().GetMethod(nameof(ModuleHooks.ConfigureGradientClipping))!.DeclaringType == typeof(ModuleHooks);
        ManualOptimizers = [.. Optimizers.Select(optimizer => new ManualOptimizer(Stepper, optimizer))];
    }

    public TrainingModule Module { get; }

    public OptimizerSetup Setup { get; }

    /// <summary>Gets the optimizers, in the order in which they step.</summary>
    public IReadOnlyList<optim.Optimizer> Optimizers { get; }

    /// <summary>Gets the names of the module's parameters.</summary>
    public IReadOnlyDictionary<Parameter, string> ParameterNames { get; }

    /// <summary>Gets the comparison of the module's fields with its registered parts.</summary>
    public RegisteredFields Fields { get; }

    /// <summary>Gets the scheduler runner, which the loops notify of steps, validations and epochs.</summary>
    public SchedulerRunner Schedulers { get; }

    /// <summary>Gets the stepper, which computes gradients and steps the optimizers.</summary>
    public OptimizerStepper Stepper { get; }

    /// <summary>Gets the optimizers for manual optimization.</summary>
    public IReadOnlyList<ManualOptimizer> ManualOptimizers { get; }

    /// <summary>Gets whether fused optimizers may clip in their step, which leaves the gradients as they are.</summary>
    /// <remarks>A module that clips itself may look at gradients after it has called the method that it overrides.</remarks>
    public bool ClipsInStep { get; }

    /// <summary>Gets or sets the additional pass over the training data.</summary>
    public ITrainingPass? TrainingPass { get; set; }

    /// <summary>Gets the parameters of the optimizers. Groups may be added during training (unfrozen layers).</summary>
    public Parameter[] Parameters
    {
        get
        {
            var groups = 0;
            foreach (var optimizer in Optimizers)
            {
                groups += optimizer.ParamGroups.TryGetNonEnumeratedCount(out var count) ? count : optimizer.ParamGroups.Count();
            }

            if (groups != _groups)
            {
                _parameters =
                [
                    .. Optimizers.SelectMany(optimizer => optimizer.parameters()).Distinct<Parameter>(ReferenceEqualityComparer.Instance),
                ];
                _groups = groups;
            }

            return _parameters;
        }
    }

    /// <summary>Clears all gradients, so that the next backward pass starts from none.</summary>
    /// <remarks>The <c>zero_grad</c> method of TorchSharp optimizers keeps the tensors and fills them with zeros.</remarks>
    public void ClearGradients()
    {
        foreach (var parameter in Parameters)
        {
            parameter.grad = null;
        }
    }

    /// <summary>Clips the gradients of all optimizers; those of fused ones in their step.</summary>
    public void ClipGradients(double? norm, double? value)
    {
        if (!ClipsInStep || norm is not { } largest || value is not null || !FusedClipping.TryClip(Optimizers, Parameters.Length, largest))
        {
            Stepper.BeforeClippingInPlace();
            Clip(Parameters, norm, value);
        }
    }

    public static void Clip(Parameter[] parameters, double? norm, double? value)
    {
        if ((norm ?? value) is null)
        {
            return;
        }

        var sparse = Array.FindAll(parameters, parameter =>
        {
            using var gradient = parameter.grad;
            return gradient is { is_sparse: true };
        });
        var dense = sparse.Length == 0 ? parameters : [.. parameters.Except(sparse, ReferenceEqualityComparer.Instance).Cast<Parameter>()];
        if (norm is { } largest)
        {
            SparseTensors.ClipNorm(dense, sparse, largest);
        }

        if (value is { } limit)
        {
            nn.utils.clip_grad_value_(dense, limit);
            SparseTensors.ClipValue(sparse, limit);
        }
    }

    /// <summary>Captures the gradients of the incomplete accumulation window, by parameter index.</summary>
    public StateMap CaptureGradients()
    {
        var gradients = new StateMap();
        var parameters = Parameters;
        for (var index = 0; index < parameters.Length; index++)
        {
            if (parameters[index].grad is { } gradient)
            {
                gradients[index] = SparseTensors.Capture(gradient);
            }
        }

        return gradients;
    }

    /// <summary>Returns the name of each parameter.</summary>
    public static Dictionary<Parameter, string> NamesOf(TrainingModule module)
    {
        var names = new Dictionary<Parameter, string>(ReferenceEqualityComparer.Instance);
        foreach (var (name, parameter) in module.named_parameters())
        {
            // A shared parameter keeps its first name.
            names.TryAdd(parameter, name);
        }

        return names;
    }

    public void Dispose()
    {
        foreach (var optimizer in Optimizers)
        {
            optimizer.Dispose();
        }
    }
}
