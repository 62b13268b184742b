using System.Reflection;
using Fulgurite.Callbacks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Composition;

/// <summary>Composes a trainer from a configuration section. Errors are collected and reported with all others.</summary>
internal sealed class ConfiguredTrainer(ITrainerBuilder builder, IConfiguration section, IEnumerable<Assembly> assemblies)
{
    private static readonly (string Key, Type Kind, Action<ITrainerBuilder, Type> Add)[] Kinds =
    [
        ("Strategy", typeof(IStrategy), (builder, type) => builder.AddStrategy(type)),
        ("CheckpointIO", typeof(CheckpointIO), (builder, type) => builder.AddCheckpointIO(type)),
        ("Callbacks", typeof(Callback), (builder, type) => builder.AddCallback(type)),
        ("Loggers", typeof(IMetricLogger), (builder, type) => builder.AddLogger(type)),
    ];

    public void Compose()
    {
        SectionBinding.Register(builder.Services, typeof(TrainerOptions), builder.Name, section, [.. Kinds.Select(kind => kind.Key)]);
        var catalog = new PluginCatalog(assemblies);
        foreach (var (key, kind, add) in Kinds)
        {
            foreach (var reference in PluginReference.Read(section.GetSection(key)))
            {
                if (Add(catalog, reference, kind, add) is { } failure)
                {
                    // Reported with every other failure of the options.
                    builder.Services.AddOptions<TrainerOptions>(builder.Name).Validate(_ => false, failure);
                }
            }
        }
    }

    /// <returns>The error; null for none.</returns>
    private string? Add(PluginCatalog catalog, PluginReference reference, Type kind, Action<ITrainerBuilder, Type> add)
    {
        var place = reference.Section.Path;
        if (reference.Name is null)
        {
            return $"{place} names no {PluginCatalog.DisplayName(kind)}. Write its name, or {{ \"{PluginReference.NameKey}\": "
                + "\"name\" } with its options.";
        }

        if (catalog.Find(kind, reference.Name, out var failure) is not { } type)
        {
            return $"{place} is '{reference.Name}': {failure}.";
        }

        var before = Options().Count;
        try
        {
            add(builder, type);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            return $"{place} is '{reference.Name}': {exception.Message}";
        }

        if (Options() is { } options && options.Count > before)
        {
            SectionBinding.Register(builder.Services, options[^1].Type, options[^1].Name, reference.Section, PluginReference.NameKey);
            return null;
        }

        var stray = reference.Section.GetChildren().FirstOrDefault(
            child => !string.Equals(child.Key, PluginReference.NameKey, StringComparison.OrdinalIgnoreCase));
        return stray is null ? null : $"{stray.Path} is no option: {type.Name} has none.";
    }

    private List<PluginOptions> Options() => [.. builder.KeyedInstances<PluginOptions>()];
}
