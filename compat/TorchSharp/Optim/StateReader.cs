namespace TorchSharp.Modules;

/// <summary>Reads into tensors that exist; an optional tensor comes and goes as the file says.</summary>
internal sealed class StateReader(BinaryReader reader, torch.Device? device) : StateVisitor
{
    internal override void Visit(ref long value) => value = reader.ReadInt64();

    internal override void Visit(ref double value) => value = reader.ReadDouble();

    internal override void Visit(ref double? value) => value = reader.ReadDouble();

    internal override void Visit(ref bool? value) => value = reader.ReadBoolean();

    internal override void Visit(ref torch.Tensor value) => value.Load(reader);

    internal override void VisitOptional(ref torch.Tensor? value)
    {
        if (!reader.ReadBoolean())
        {
            value?.Dispose();
            value = null;
        }
        else if (value is null)
        {
            // State outlives the scope that it is loaded in.
            var read = TensorExtensionMethods.Load(reader);
            value = (device is null ? read : read.to(device)).DetachFromDisposeScope();
            if (!ReferenceEquals(value, read))
            {
                read.Dispose();
            }
        }
        else
        {
            value.Load(reader);
        }
    }
}
