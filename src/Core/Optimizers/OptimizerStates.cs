using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// The state of an optimizer as PyTorch lays it out: <c>state</c> by the number of the parameter, <c>param_groups</c> with the
/// settings of each group.
/// </summary>
/// <remarks>
/// TorchSharp hands out its live state objects. They are written through field by field, so that tensors keep their identity and no
/// dispose scope of the caller takes them along. TorchSharp and PyTorch match by order alone; where the names of parameters are known,
/// they are kept (PyTorch's <c>param_names</c>) and go before the order.
/// </remarks>
internal static class OptimizerStates
{
    private const string Names = "param_names";

    /// <summary>Whether the state of an optimizer can be kept.</summary>
    /// <exception cref="NotSupportedException">It cannot; the message says why and what to do.</exception>
    public static void CheckSupported(optim.Optimizer optimizer)
    {
        if (optimizer is not OptimizerHelper)
        {
            throw Native(optimizer);
        }

        // By the groups, not by the state, which cannot be asked for where parameters are gone.
        foreach (var group in optimizer.ParamGroups.OfType<ParamGroup>())
        {
            LayoutOf(group.Options, optimizer);
        }
    }

    /// <summary>Whether all settings of an optimizer are of a kind that TorchSharp has, so that its state is known.</summary>
    public static bool IsSupported(OptimizerHelper optimizer) =>
        optimizer.ParamGroups.OfType<ParamGroup>().All(group => OptimizerLayouts.Of(group.Options) is not null);

    /// <summary>The tensors, live, that a supported optimizer has for a parameter.</summary>
    public static IEnumerable<Tensor> Tensors(OptimizerHelper optimizer, OptimizerState state) =>
        LayoutOf(optimizer.ParamGroups.OfType<ParamGroup>().First().Options, optimizer).Tensors(state);

    /// <summary>Captures an optimizer; tensors are live.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="names">The names of parameters; null where there are none.</param>
    public static StateMap Capture(optim.Optimizer optimizer, IReadOnlyDictionary<Parameter, string>? names = null)
    {
        var live = Live(optimizer);
        var parameters = names is null ? null : optimizer.parameters().ToList();
        var (state, groups) = (new StateMap(), new StateList());
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
                if (layout.Capture(live.State[number], live.Options[index]) is { Count: > 0 } entry)
                {
                    state[number] = entry;
                }
            }
        }

        return new StateMap { ["state"] = state, ["param_groups"] = groups };
    }

    /// <summary>Finds what does not fit, before anything is changed.</summary>
    /// <param name="saved">The state.</param>
    /// <param name="optimizer">The optimizer that it is for.</param>
    /// <param name="number">Its number among the optimizers of the run, for messages.</param>
    /// <param name="names">The names of parameters; null where there are none.</param>
    /// <exception cref="InvalidOperationException">Other groups, other parameters, or other shapes.</exception>
    public static void Check(StateMap saved, optim.Optimizer optimizer, int number, IReadOnlyDictionary<Parameter, string>? names = null)
    {
        foreach (var place in Places(saved, optimizer, names))
        {
            if (place.Entry is { } entry)
            {
                place.Layout.Check(entry, place.Parameter.shape, $"optimizer_states.{number}.state.{place.Number}");
            }
        }
    }

    /// <summary>Applies what <see cref="Check"/> has found to fit.</summary>
    /// <param name="saved">The state.</param>
    /// <param name="optimizer">The optimizer that it is for.</param>
    /// <param name="names">The names of parameters; null where there are none.</param>
    /// <param name="copies">Takes the copies of tensors, which are done later; null to do them at once.</param>
    public static void Apply(StateMap saved, optim.Optimizer optimizer, IReadOnlyDictionary<Parameter, string>? names = null, TensorCopies? copies = null)
    {
        var groups = saved["param_groups"].AsList();
        var live = Live(optimizer);
        var all = copies ?? new TensorCopies();
        using var _ = no_grad();
        for (var index = 0; index < groups.Count; index++)
        {
            LayoutOf(live.Options[index], optimizer).Apply(groups[index].AsMap(), live.Options[index]);
        }

        foreach (var place in Places(saved, optimizer, names))
        {
            if (place.Entry is not { } entry || place.Layout.HasMore(place.State, entry))
            {
                // A state of an earlier step may lack what a later one has (SGD's momentum before its first step).
                place.State.Initialize(place.Options);
            }

            if (place.Entry is not null)
            {
                place.Layout.Apply(place.Entry, place.State, place.Options, place.Parameter.device, all);
            }
        }

        if (copies is null)
        {
            all.Run();
        }
    }

    /// <summary>What belongs together: each parameter with its live state and what is saved of it.</summary>
    private static List<Place> Places(StateMap saved, optim.Optimizer optimizer, IReadOnlyDictionary<Parameter, string>? names)
    {
        var live = Live(optimizer);
        var parameters = optimizer.parameters().ToList();
        var groups = saved["param_groups"].AsList();
        var states = saved["state"].AsMap();
        if (groups.Count != live.Options.Count)
        {
            throw new InvalidOperationException(
                $"It has an optimizer with {groups.Count} parameter groups and ConfigureOptimizers made one with {live.Options.Count}. Make the same groups, or load the weights only.");
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
                places.Add(new Place(layout, live.Options[index], parameters[own[position]], live.State[own[position]], numbers[position], entry));
            }
        }

        return places;
    }

    /// <summary>The number in the file of each parameter of a group here.</summary>
    private static long[] Numbers(StateMap group, int index, List<Parameter> parameters, IReadOnlyDictionary<Parameter, string>? names)
    {
        long[] numbers = [.. group["params"].AsList().Select(number => number.AsInteger())];
        if (numbers.Length != parameters.Count)
        {
            throw new InvalidOperationException(
                $"Group {index} of its optimizer has {numbers.Length} parameters and that of ConfigureOptimizers {parameters.Count}. Train the same parameters, or load the weights only.");
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

        return [.. parameters.Select(parameter => byName.TryGetValue(names[parameter], out var number) ? number : throw new InvalidOperationException(
            $"Group {index} of its optimizer does not have the parameter '{names[parameter]}', which that of ConfigureOptimizers has. It has: {string.Join(", ", byName.Keys.Take(8))}. Train the same parameters, or load the weights only."))];
    }

    private static StateList? NamesOf(List<int> numbers, List<Parameter> parameters, IReadOnlyDictionary<Parameter, string> names) =>
        numbers.TrueForAll(number => names.ContainsKey(parameters[number]))
            ? new StateList(numbers.Select(number => (StateValue)names[parameters[number]]))
            : null;

    private static OptimizerLayout LayoutOf(OptimizerOptions options, optim.Optimizer optimizer) => OptimizerLayouts.Of(options) ?? throw new NotSupportedException(
        $"The state of {optimizer.GetType().Name} cannot be kept: it is no optimizer of TorchSharp, so what it holds is not known. Use one of those, or save the weights only (SaveWeightsOnly).");

    private static OptimizerHelper.StateDictionary Live(optim.Optimizer optimizer) => optimizer is OptimizerHelper helper
        ? helper.state_dict()
        : throw Native(optimizer);

    private static NotSupportedException Native(optim.Optimizer optimizer) => new(
        $"The state of {optimizer.GetType().Name} cannot be kept: TorchSharp leaves it in native code and gives no way to read it, so that a run with it could never be resumed. Use Adam, SGD or another of its optimizers, or save the weights only (SaveWeightsOnly).");

    private sealed record Place(OptimizerLayout Layout, OptimizerOptions Options, Parameter Parameter, OptimizerState State, long Number, StateMap? Entry);
}
