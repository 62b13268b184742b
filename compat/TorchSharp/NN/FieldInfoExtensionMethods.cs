using System.Reflection;
using TorchSharp.Utils;

namespace TorchSharp;

/// <summary>How the fields of a module get their names.</summary>
public static class FieldInfoExtensionMethods
{
    /// <summary>The name of the <see cref="ComponentNameAttribute"/> on the field, or else the field's own.</summary>
    public static string ComponentName(this FieldInfo field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return field.GetCustomAttribute<ComponentNameAttribute>()?.Name ?? field.Name;
    }
}
