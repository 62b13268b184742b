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

    public static void Apply(StateMap saved, optim.Optimizer optimizer)
    {
        var live = Live(optimizer);
        var groups = saved["param_groups"].AsList();
        if (groups.Count != live.Options.Count)
        {
            throw new InvalidOperationException(
                $"The checkpoint has an optimizer with {groups.Count} parameter groups and ConfigureOptimizers made one with {live.Options.Count}. Make the same groups, or load the weights only.");
        }

        using var _ = no_grad();
        var states = saved["state"].AsMap();
        for (var index = 0; index < groups.Count; index++)
        {
            var group = groups[index].AsMap();
            var numbers = group["params"].AsList();
            var own = live.StateIndexRef[index];
            if (numbers.Count != own.Count)
            {
                throw new InvalidOperationException(
                    $"Group {index} of the optimizer in the checkpoint has {numbers.Count} parameters and that of ConfigureOptimizers {own.Count}. Train the same parameters, or load the weights only.");
            }

            OptimizerOptionsLayout.Apply(group, live.Options[index]);
            for (var position = 0; position < numbers.Count; position++)
            {
                var number = numbers[position].AsInteger();
                if (states.TryGetValue(number, out var entry))
                {
                    OptimizerStateLayout.Apply(entry.AsMap(), live.State[own[position]], $"optimizer_states.state.{number}");
                }
            }
        }
    }

    private static OptimizerHelper.StateDictionary Live(optim.Optimizer optimizer) => optimizer is OptimizerHelper helper
        ? helper.state_dict()
        : throw new NotSupportedException(
            $"The state of {optimizer.GetType().Name} cannot be saved: TorchSharp keeps it in native code. Use Adam, AdamW or SGD, or save the weights only (SaveWeightsOnly).");
}
