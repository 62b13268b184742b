using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Reads and writes optimizer states in PyTorch's layout: <c>state</c> by parameter index, <c>param_groups</c> with the settings of each
/// group.
/// </summary>
/// <remarks>
/// TorchSharp exposes its live state objects. They are updated field by field, so that tensors keep their identity and do not belong to a
/// dispose scope of the caller. TorchSharp and PyTorch match parameters by order alone. If parameter names are known, they are saved
/// (PyTorch's <c>param_names</c>) and take precedence over the order.
/// </remarks>
internal static class OptimizerStates
{
    private const string Names = "param_names";

    /// <summary>The float32 values of a parameter in bfloat16, which PyTorch does not have.</summary>
    private const string Master = "master_param";

    /// <summary>Throws if the state of an optimizer cannot be saved.</summary>
    /// <exception cref="NotSupportedException">The state cannot be saved; the message states the reason and the remedy.</exception>
    public static void CheckSupported(optim.Optimizer optimizer)
    {
        if (optimizer is not OptimizerHelper)
        {
            throw Native(optimizer);
        }

        // Checks the groups rather than the state, which cannot be read if parameters were disposed.
        foreach (var group in optimizer.ParamGroups.OfType<ParamGroup>())
        {
            LayoutOf(group.Options, optimizer);
        }
    }

    /// <summary>Returns whether all settings of an optimizer are of a TorchSharp type, so that its state layout is known.</summary>
    public static bool IsSupported(OptimizerHelper optimizer) =>
        optimizer.ParamGroups.OfType<ParamGroup>().All(group => OptimizerLayouts.Of(group.Options) is not null);

    /// <summary>Returns the live state tensors of a parameter of a supported optimizer.</summary>
    public static IEnumerable<Tensor> Tensors(OptimizerHelper optimizer, OptimizerState state) =>
        LayoutOf(optimizer.ParamGroups.OfType<ParamGroup>().First().Options, optimizer).Tensors(state);

    /// <summary>Captures the state of an optimizer. The tensors are live.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="names">The names of the parameters; null if they have none.</param>
    public static StateMap Capture(optim.Optimizer optimizer, IReadOnlyDictionary<Parameter, string>? names = null)
    {
        var live = Live(optimizer);
        var all = optimizer.parameters().ToList();
        var parameters = names is null ? null : all;
        var (state, groups) = (new StateMap(), new StateList());
        var stability = optimizer is IStepCopies ? TensorStability.UntilOptimizerStep : TensorStability.UntilParametersChange;
        for (var index = 0; index < live.Options.Count; index++)
        {
            var layout = LayoutOf(live.Options[index], optimizer);
            var group = layout.Capture(live.Options[index]);
            group["params"] = new StateList(live.StateIndexRef[index].Select(number => (StateValue)number));
            if (parameters is not null && NamesOf(live.StateIndexRef[index], parameters, names!) is { } named)
            {
                group[Names] = named;
            }

            groups.Add(group);
            foreach (var number in live.StateIndexRef[index])
            {
                if (layout.Capture(live.State[number], live.Options[index], stability) is { Count: > 0 } entry)
                {
                    if ((optimizer as IFusedOptimizer)?.Stepper.MasterOf(all[number]) is { } master)
                    {
                        entry[Master] = TensorData.FromTensor(master, stability);
                    }

                    state[number] = entry;
                }
            }
        }

        return new StateMap { ["state"] = state, ["param_groups"] = groups };
    }

    /// <summary>Validates a saved state before anything is changed.</summary>
    /// <param name="saved">The state.</param>
    /// <param name="optimizer">The target optimizer.</param>
    /// <param name="number">The index of the optimizer in the run, for messages.</param>
    /// <param name="names">The names of the parameters; null if they have none.</param>
    /// <exception cref="InvalidOperationException">The groups, parameters or shapes differ.</exception>
    public static void Check(StateMap saved, optim.Optimizer optimizer, int number, IReadOnlyDictionary<Parameter, string>? names = null)
    {
        foreach (var place in Places(saved, optimizer, names))
        {
            if (place.Entry is { } entry)
            {
                var path = $"optimizer_states.{number}.state.{place.Number}";
                place.Layout.Check(entry, place.Parameter.shape, path);
                if (entry.TryGetValue(Master, out var master))
                {
                    OptimizerLayout.CheckShape(master.AsTensor(), place.Parameter.shape, $"{path}.{Master}");
                }
            }
        }
    }

    /// <summary>Applies a state that <see cref="Check"/> has validated to parameters without names.</summary>
    public static void Apply(StateMap saved, optim.Optimizer optimizer)
    {
        var copies = new TensorCopies();
        ApplySettings(saved, optimizer);
        ApplyTensors(saved, optimizer, names: null, copies);
        copies.Run();
    }

    /// <summary>Applies the settings of the groups of a state that <see cref="Check"/> has validated.</summary>
    /// <exception cref="InvalidOperationException">A setting has the wrong type.</exception>
    public static void ApplySettings(StateMap saved, optim.Optimizer optimizer)
    {
        var groups = saved["param_groups"].AsList();
        var live = Live(optimizer);
        for (var index = 0; index < groups.Count; index++)
        {
            LayoutOf(live.Options[index], optimizer).Apply(groups[index].AsMap(), live.Options[index]);
        }
    }

    /// <summary>Applies the states of the parameters, after <see cref="ApplySettings"/> and after the weights.</summary>
    /// <param name="saved">The state.</param>
    /// <param name="optimizer">The target optimizer.</param>
    /// <param name="names">The names of the parameters; null if they have none.</param>
    /// <param name="copies">Collects the copies to be run later.</param>
    public static void ApplyTensors(
        StateMap saved, optim.Optimizer optimizer, IReadOnlyDictionary<Parameter, string>? names, TensorCopies copies)
    {
        using var _ = no_grad();
        foreach (var place in Places(saved, optimizer, names))
        {
            if (place.Entry is not { } entry || place.Layout.HasMore(place.State, entry))
            {
                // The state of an earlier step may lack tensors of a later one (SGD's momentum before its first step).
                place.State.Initialize(place.Options);
            }

            var fused = (optimizer as IFusedOptimizer)?.Stepper;
            fused?.Prepare(place.Parameter);
            if (place.Entry is not null)
            {
                if (place.Entry.TryGetValue(Master, out var values) && fused?.MasterOf(place.Parameter) is { } master)
                {
                    copies.Add(values.AsTensor(), master);
                }

                place.Layout.Apply(place.Entry, place.State, place.Options, place.Parameter.device, copies);
            }
        }
    }

    /// <summary>Returns each parameter with its live state and its saved state.</summary>
    private static List<Place> Places(StateMap saved, optim.Optimizer optimizer, IReadOnlyDictionary<Parameter, string>? names)
    {
        var live = Live(optimizer);
        var parameters = optimizer.parameters().ToList();
        var groups = saved["param_groups"].AsList();
        var states = saved["state"].AsMap();
        if (groups.Count != live.Options.Count)
        {
            throw new InvalidOperationException(
                $"It has an optimizer with {groups.Count} parameter groups, but ConfigureOptimizers created one with {live.Options.Count}. "
                    + "Create the same groups, or load only the weights.");
        }

        var places = new List<Place>(parameters.Count);
        for (var index = 0; index < groups.Count; index++)
        {
            var layout = LayoutOf(live.Options[index], optimizer);
            var own = live.StateIndexRef[index];
            var numbers = Numbers(groups[index].AsMap(), index, [.. own.Select(number => parameters[number])], names);
            for (var position = 0; position < own.Count; position++)
            {
                var entry = states.TryGetValue(numbers[position], out var value) ? value.AsMap() : null;
                places.Add(
                    new Place(layout, live.Options[index], parameters[own[position]], live.State[own[position]], numbers[position], entry));
            }
        }

        return places;
    }

    /// <summary>Returns the saved index of each parameter of a live group.</summary>
    private static long[] Numbers(StateMap group, int index, List<Parameter> parameters, IReadOnlyDictionary<Parameter, string>? names)
    {
        long[] numbers = [.. group["params"].AsList().Select(number => number.AsInteger())];
        if (numbers.Length != parameters.Count)
        {
            throw new InvalidOperationException(
                $"Group {index} of its optimizer has {numbers.Length} parameters, but that of ConfigureOptimizers has {parameters.Count}. "
                    + "Train the same parameters, or load only the weights.");
        }

        if (names is null || !group.TryGetValue(Names, out var saved) || saved is not StateList list || list.Count != numbers.Length
            || parameters.Any(parameter => !names.ContainsKey(parameter)))
        {
            return numbers;
        }

        var byName = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var position = 0; position < numbers.Length; position++)
        {
            byName[list[position].AsText()] = numbers[position];
        }

        return [.. parameters.Select(parameter => byName.TryGetValue(names[parameter], out var number)
            ? number
            : throw new InvalidOperationException(
                $"Group {index} of its optimizer lacks the parameter '{names[parameter]}' of ConfigureOptimizers. It has: "
                    + $"{string.Join(", ", byName.Keys.Take(8))}. Train the same parameters, or load only the weights."))];
    }

    private static StateList? NamesOf(List<int> numbers, List<Parameter> parameters, IReadOnlyDictionary<Parameter, string> names) =>
        numbers.TrueForAll(number => names.ContainsKey(parameters[number]))
            ? new StateList(numbers.Select(number => (StateValue)names[parameters[number]]))
            : null;

    private static OptimizerLayout LayoutOf(OptimizerOptions options, optim.Optimizer optimizer) =>
        OptimizerLayouts.Of(options) ?? throw new NotSupportedException(
            $"The state of {optimizer.GetType().Name} cannot be saved: its layout is unknown because it is not a TorchSharp optimizer. "
                + "Use a TorchSharp optimizer, or save only the weights (SaveWeightsOnly).");

    private static OptimizerHelper.StateDictionary Live(optim.Optimizer optimizer) => optimizer is OptimizerHelper helper
        ? helper.state_dict()
        : throw Native(optimizer);

    private static NotSupportedException Native(optim.Optimizer optimizer) => new(
        $"The state of {optimizer.GetType().Name} cannot be saved: TorchSharp keeps it in native code without access, so the run could not "
            + "be resumed. Use another optimizer, such as Adam or SGD, or save only the weights (SaveWeightsOnly).");

    private sealed record Place(
        OptimizerLayout Layout, OptimizerOptions Options, Parameter Parameter, OptimizerState State, long Number, StateMap? Entry);
}
