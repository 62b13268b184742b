namespace Fulgurite;

/// <summary>
/// Marks a field or property whose modules and tensors are intentionally not part of the module, e.g. the teacher of a distillation
/// or a value kept for the next step. The trainer does not warn that they are unregistered and allows replacing them. What
/// <c>RegisterComponents</c> of TorchSharp registers stays the same.
/// </summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class UnregisteredAttribute : Attribute;
