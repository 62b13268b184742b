using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Optimizers;

/// <summary>
/// The state of an optimizer as PyTorch lays it out: <c>state</c> by the number of the parameter, <c>param_groups</c> with the
/// settings of each group.
/// </summary>
/// <remarks>
/// TorchSharp hands out its live state objects. They are written through field by field, so that tensors keep their identity and no
/// dispose scope of the caller takes them along.
/// </remarks>
internal static class OptimizerStates
{
    public static StateMap Capture(optim.Optimizer optimizer)
    {
        var live = Live(optimizer);
        var state = new StateMap();
        for (var index = 0; index < live.State.Count; index++)
        {
            if (OptimizerStateLayout.Capture(live.State[index]) is { Count: > 0 } entry)
            {
                state[index] = entry;
            }
        }

        var groups = new StateList();
        for (var index = 0; index < live.Options.Count; index++)
        {
            var group = OptimizerOptionsLayout.Capture(live.Options[index]);
            group["params"] = new StateList(live.StateIndexRef[index].Select(number => (StateValue)number));
            groups.Add(group);
        }

        return new StateMap { ["state"] = state, ["param_groups"] = groups };
    }

    /// <summary>Finds what does not fit, before anything is changed.</summary>
    /// <param name="saved">The state.</param>
    /// <param name="optimizer">The optimizer that it is for.</param>
    /// <param name="number">Its number among the optimizers of the run, for messages.</param>
    /// <exception cref="InvalidOperationException">Other groups, other parameters, or other shapes.</exception>
    public static void Check(StateMap saved, optim.Optimizer optimizer, int number)
    {
        var live = Live(optimizer);
        var parameters = optimizer.parameters().ToList();
        var groups = saved["param_groups"].AsList();
        if (groups.Count != live.Options.Count)
        {
            throw new InvalidOperationException(
                $"It has an optimizer with {groups.Count} parameter groups and ConfigureOptimizers made one with {live.Options.Count}. Make the same groups, or load the weights only.");
        }

        var states = saved["state"].AsMap();
        for (var index = 0; index < groups.Count; index++)
        {
            var numbers = groups[index].AsMap()["params"].AsList();
            var own = live.StateIndexRef[index];
            if (numbers.Count != own.Count)
            {
                throw new InvalidOperationException(
                    $"Group {index} of its optimizer has {numbers.Count} parameters and that of ConfigureOptimizers {own.Count}. Train the same parameters, or load the weights only.");
            }

            for (var position = 0; position < numbers.Count; position++)
            {
                var parameter = numbers[position].AsInteger();
                if (states.TryGetValue(parameter, out var entry))
                {
                    OptimizerStateLayout.Check(entry.AsMap(), parameters[own[position]].shape, $"optimizer_states.{number}.state.{parameter}");
                }
            }
        }
    }

    /// <summary>Applies what <see cref="Check"/> has found to fit.</summary>
    public static void Apply(StateMap saved, optim.Optimizer optimizer)
    {
        var live = Live(optimizer);
        var groups = saved["param_groups"].AsList();
        var states = saved["state"].AsMap();
        using var _ = no_grad();
        for (var index = 0; index < groups.Count; index++)
        {
            var group = groups[index].AsMap();
            OptimizerOptionsLayout.Apply(group, live.Options[index]);
            var numbers = group["params"].AsList();
            for (var position = 0; position < numbers.Count; position++)
            {
                if (states.TryGetValue(numbers[position].AsInteger(), out var entry))
                {
                    OptimizerStateLayout.Apply(entry.AsMap(), live.State[live.StateIndexRef[index][position]]);
                }
            }
        }
    }

    private static OptimizerHelper.StateDictionary Live(optim.Optimizer optimizer) => optimizer is OptimizerHelper helper
        ? helper.state_dict()
        : throw new NotSupportedException(
            $"The state of {optimizer.GetType().Name} cannot be saved: TorchSharp keeps it in native code. Use Adam, AdamW or SGD, or save the weights only (SaveWeightsOnly).");
}
