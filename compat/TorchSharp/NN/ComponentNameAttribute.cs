namespace TorchSharp.Utils;

/// <summary>Gives the field of a module a name of its own in the state dictionary.</summary>
[AttributeUsage(AttributeTargets.Field)]
public class ComponentNameAttribute : Attribute
{
    /// <summary>The name under which the field is registered; unset, it is the field's own name.</summary>
    public string? Name { get; set; }
}
