namespace TorchSharp.Modules;

/// <summary>Collects the values in order.</summary>
internal sealed class StateSlots : StateVisitor
{
    internal List<object?> Values { get; } = [];

    internal static List<object?> Of(OptimizerState state)
    {
        var slots = new StateSlots();
        state.Visit(slots);
        return slots.Values;
    }

    internal static List<object?> Of(OptimizerOptions options)
    {
        var slots = new StateSlots();
        options.Visit(slots);
        return slots.Values;
    }

    internal override void Visit(ref long value) => Values.Add(value);

    internal override void Visit(ref double value) => Values.Add(value);

    internal override void Visit(ref double? value) => Values.Add(value);

    internal override void Visit(ref bool? value) => Values.Add(value);

    internal override void Visit(ref torch.Tensor value) => Values.Add(value);

    internal override void VisitOptional(ref torch.Tensor? value) => Values.Add(value);
}
