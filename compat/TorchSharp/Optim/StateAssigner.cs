namespace TorchSharp.Modules;

/// <summary>Puts values in, in order: numbers as they are, tensors as copies of their own on the wanted device.</summary>
/// <param name="values">What <see cref="StateSlots"/> collected, of the same type.</param>
/// <param name="device">Where tensors go; null for options, which have none.</param>
/// <param name="onlyUnset">Whether a number that is set is left alone (how a group takes the optimizer's defaults).</param>
internal sealed class StateAssigner(List<object?> values, torch.Device? device, bool onlyUnset = false) : StateVisitor
{
    private int _next;

    internal override void Visit(ref long value) => value = (long)values[_next++]!;

    internal override void Visit(ref double value) => value = (double)values[_next++]!;

    internal override void Visit(ref double? value)
    {
        var given = (double?)values[_next++];
        value = onlyUnset ? value ?? given : given;
    }

    internal override void Visit(ref bool? value)
    {
        var given = (bool?)values[_next++];
        value = onlyUnset ? value ?? given : given;
    }

    internal override void Visit(ref torch.Tensor value)
    {
        torch.Tensor? current = value;
        VisitOptional(ref current);
        value = current!;
    }

    internal override void VisitOptional(ref torch.Tensor? value)
    {
        var given = (torch.Tensor?)values[_next++];
        if (ReferenceEquals(given, value))
        {
            return;
        }

        // State outlives the scope that it is loaded in.
        var copy = given is null ? null : device is null ? given.clone() : given.to(device, copy: true);
        copy = copy?.detach_().DetachFromDisposeScope();
        value?.Dispose();
        value = copy;
    }
}
