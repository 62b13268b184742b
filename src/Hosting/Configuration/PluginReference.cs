using Microsoft.Extensions.Configuration;

namespace Fulgurite.Composition;

/// <summary>A plug-in in a configuration: a name, or an object with the name and options.</summary>
/// <param name="Name">The name; null if its key is missing.</param>
/// <param name="Section">The section of the plug-in.</param>
internal sealed record PluginReference(string? Name, IConfigurationSection Section)
{
    /// <summary>The key of the name, next to the options.</summary>
    public const string NameKey = "Plugin";

    /// <summary>Reads <c>"async"</c>, <c>{ "Plugin": "async", ... }</c>, or a list of these.</summary>
    public static IEnumerable<PluginReference> Read(IConfigurationSection section)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            return [new PluginReference(section.Value, section)];
        }

        var children = section.GetChildren().ToList();
        return children.Count > 0 && children.TrueForAll(child => int.TryParse(child.Key, out _))
            ? children.Select(One)
            : children.Count > 0 ? [One(section)] : [];
    }

    private static PluginReference One(IConfigurationSection section) => new(section.Value ?? section[NameKey], section);
}
