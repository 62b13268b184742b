namespace TorchSharp.Modules;

internal sealed class StateWriter(BinaryWriter writer) : StateVisitor
{
    internal override void Visit(ref long value) => writer.Write(value);

    internal override void Visit(ref double value) => writer.Write(value);

    internal override void Visit(ref double? value) => writer.Write(value!.Value);

    internal override void Visit(ref bool? value) => writer.Write(value!.Value);

    internal override void Visit(ref torch.Tensor value) => value.Save(writer);

    internal override void VisitOptional(ref torch.Tensor? value)
    {
        writer.Write(value is not null);
        value?.Save(writer);
    }
}
