namespace TorchSharp.Modules;

/// <summary>Goes over the fields of an optimizer's state or options, always in the order in which its file has them.</summary>
/// <remarks>Each type lists its fields once; writing, reading, copying and comparing are visitors.</remarks>
internal abstract class StateVisitor
{
    internal abstract void Visit(ref long value);

    internal abstract void Visit(ref double value);

    internal abstract void Visit(ref double? value);

    internal abstract void Visit(ref bool? value);

    internal abstract void Visit(ref torch.Tensor value);

    internal abstract void VisitOptional(ref torch.Tensor? value);
}
