using System.Reflection;
using Fulgurite.Callbacks;
using Fulgurite.Loggers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Composition;

/// <summary>The plug-ins available to a configuration: those of this framework, and of the specified assemblies.</summary>
internal sealed class PluginCatalog
{
    // A logger that is also a callback counts as a logger: as a callback it would receive no metrics.
    private static readonly Type[] Kinds = [typeof(IStrategy), typeof(CheckpointIO), typeof(IMetricLogger), typeof(Callback)];

    private readonly Dictionary<(Type Kind, string Name), Type> _types = [];

    public PluginCatalog(IEnumerable<Assembly> assemblies)
    {
        // A separate collection: in that of the application, the classes would become services, including wrappers.
        var found = new ServiceCollection();
        Assembly[] all =
        [
            typeof(SingleDeviceStrategy).Assembly, typeof(AsyncCheckpointIO).Assembly, typeof(ModelCheckpoint).Assembly,
            typeof(CsvLogger).Assembly, .. assemblies,
        ];
        found.Scan(scan => scan
            .FromAssemblies(all.Distinct())
            .AddClasses(classes => classes.WithAttribute<PluginAttribute>(), publicOnly: false)
            .AsSelf()
            .WithSingletonLifetime());
        foreach (var type in found.Select(descriptor => descriptor.ServiceType).OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            Add(type);
        }
    }

    /// <summary>Returns the class of a name; null with a message if there is none.</summary>
    public Type? Find(Type kind, string name, out string? failure)
    {
        if (_types.TryGetValue((kind, name.ToLowerInvariant()), out var type))
        {
            failure = null;
            return type;
        }

        var known = _types.Keys.Where(key => key.Kind == kind).Select(key => key.Name).Order(StringComparer.Ordinal).ToList();
        var guess = NearestName.Of(name, known) is { } nearest ? $" Did you mean '{nearest}'?" : string.Empty;
        var others = known.Count == 0 ? "None is known." : $"Known are {string.Join(", ", known)}.";
        failure = $"there is no {DisplayName(kind)} of this name.{guess} {others} Those of other assemblies are found when AddTrainer is "
            + "given the assembly";
        return null;
    }

    public static string DisplayName(Type kind) =>
        kind == typeof(IStrategy) ? "strategy"
            : kind == typeof(Callback) ? "callback"
            : kind == typeof(IMetricLogger) ? "logger"
            : kind.Name;

    private void Add(Type type)
    {
        var kind = Array.Find(Kinds, candidate => candidate.IsAssignableFrom(type)) ?? throw new InvalidOperationException(
            $"{type.FullName} has the attribute [Plugin] and is no strategy, CheckpointIO, callback or logger. Remove the attribute.");
        var name = type.GetCustomAttribute<PluginAttribute>()!.Name.ToLowerInvariant();
        if (!_types.TryAdd((kind, name), type))
        {
            throw new InvalidOperationException(
                $"{_types[(kind, name)].FullName} and {type.FullName} both have the attribute [Plugin(\"{name}\")]. "
                    + "Give one of them another name.");
        }
    }
}

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

/// <summary>Suggests a name for a misspelt one.</summary>
internal static class NearestName
{
    /// <summary>Returns the known name with the fewest changed letters, if these are few; case-insensitive.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        var best = known.Select(candidate => (Name: candidate, Distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .OrderBy(candidate => candidate.Distance)
            .Cast<(string Name, int Distance)?>()
            .FirstOrDefault();
        return best is { } found && found.Distance <= Math.Max(2, Math.Max(name.Length, found.Name.Length) / 3) ? found.Name : null;
    }

    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
