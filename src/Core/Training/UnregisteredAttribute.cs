namespace Fulgurite;

/// <summary>
/// Marks a field or property of a module whose modules and tensors are deliberately no part of the module, e.g. the teacher of a distillation
/// or a value kept for the next step: the trainer neither warns that they are not registered nor refuses that they are replaced. What
/// <c>RegisterComponents</c> of TorchSharp registers stays the same.
/// </summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class UnregisteredAttribute : Attribute;
