using Microsoft.Extensions.Configuration;

namespace Fulgurite.Composition;

/// <summary>A plug-in that a configuration names, by its name alone or with options beside it.</summary>
/// <param name="Name">The name; null where the key for it is missing.</param>
/// <param name="Section">Where it stands.</param>
internal sealed record PluginReference(string? Name, IConfigurationSection Section)
{
    /// <summary>The key of the name, beside the options.</summary>
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
