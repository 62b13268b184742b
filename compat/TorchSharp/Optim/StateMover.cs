namespace TorchSharp.Modules;

internal sealed class StateMover(torch.Device device) : StateVisitor
{
    internal override void Visit(ref long value)
    {
    }

    internal override void Visit(ref double value)
    {
    }

    internal override void Visit(ref double? value)
    {
    }

    internal override void Visit(ref bool? value)
    {
    }

    internal override void Visit(ref torch.Tensor value)
    {
        torch.Tensor? current = value;
        VisitOptional(ref current);
        value = current!;
    }

    internal override void VisitOptional(ref torch.Tensor? value)
    {
        if (value is null || (value.device_type == device.type && (device.index < 0 || value.device_index == device.index)))
        {
            return;
        }

        var moved = value.to(device).DetachFromDisposeScope();
        value.Dispose();
        value = moved;
    }
}
