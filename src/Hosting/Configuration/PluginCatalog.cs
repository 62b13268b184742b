using System.Reflection;
using Fulgurite.Callbacks;
using Fulgurite.Loggers;
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
        Assembly[] all = [typeof(SingleDeviceStrategy).Assembly, typeof(AsyncCheckpointIO).Assembly, typeof(ModelCheckpoint).Assembly, typeof(CsvLogger).Assembly, .. assemblies];
        found.Scan(scan => scan
            .FromAssemblies(all.Distinct())
            .AddClasses(classes => classes.WithAttribute<PluginAttribute>(), publicOnly: true)
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
        failure = $"there is no {DisplayName(kind)} of this name.{guess} {others} Those of other assemblies are found when AddTrainer is given the assembly";
        return null;
    }

    public static string DisplayName(Type kind) =>
        kind == typeof(IStrategy) ? "strategy" : kind == typeof(Callback) ? "callback" : kind == typeof(IMetricLogger) ? "logger" : kind.Name;

    private void Add(Type type)
    {
        var kind = Array.Find(Kinds, candidate => candidate.IsAssignableFrom(type)) ?? throw new InvalidOperationException(
            $"{type.FullName} has the attribute [Plugin] and is no strategy, CheckpointIO, callback or logger. Remove the attribute.");
        var name = type.GetCustomAttribute<PluginAttribute>()!.Name.ToLowerInvariant();
        if (!_types.TryAdd((kind, name), type))
        {
            throw new InvalidOperationException(
                $"{_types[(kind, name)].FullName} and {type.FullName} both have the attribute [Plugin(\"{name}\")]. Give one of them another name.");
        }
    }
}
