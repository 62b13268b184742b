using System.Reflection;
using System.Text;
using Fulgurite.Callbacks;
using Fulgurite.Composition;
using Fulgurite.Jobs;
using Fulgurite.Loggers;

namespace Fulgurite.Tests.Docs.Configuration;

/// <summary>Generates docs/configuration.md from the options classes.</summary>
internal static class ConfigurationPage
{
    private const string Head = """
        # Configuration reference

        Every option of the trainer and of every plug-in: the keys of a configuration section, and the properties of `o` in `AddTrainer(o => ...)` and
        `AddCallback<T>(o => ...)`. [composition.md](composition.md) describes configurations.

        This page is generated from the options classes. After a change run `eng/configuration.sh`; a test compares.

        Times are written as `00:00:30` or `1.12:00:00`. A limit is a number of batches (`10`) or a fraction of the data (`0.25`). "none" is `null`.
        Options of the kind "in code" are objects, which a configuration cannot contain. All values are validated together when the host starts; the
        error contains the option, its value and the allowed range.

        """;

    public static readonly Assembly[] Packages =
        [
            typeof(Trainer).Assembly,
            typeof(SingleDeviceStrategy).Assembly,
            typeof(AsyncCheckpointIO).Assembly,
            typeof(ModelCheckpoint).Assembly,
            typeof(CsvLogger).Assembly,
            typeof(TrainingJobOptions).Assembly,
        ];

    public static string Make()
    {
        var types = Packages.SelectMany(package => package.GetExportedTypes())
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .ToList();
        var plugins = types.Where(type => type.IsDefined(typeof(PluginAttribute))).ToList();
        var page = new StringBuilder(Head);
        page.Append("\n## The trainer\n\n").Append("Section `Trainer`; in code `AddTrainer(o => ...)`.\n\n");
        AddTable(page, typeof(TrainerOptions));
        AddPlugins(page, "Strategies", "Key `Strategy`, at most one.", plugins.Where(type => type.IsAssignableTo(typeof(IStrategy))));
        AddPlugins(
            page, "CheckpointIO", "Key `CheckpointIO`, at most one base and any number of wrappers, the outermost last.",
            plugins.Where(type => type.IsAssignableTo(typeof(CheckpointIO))));
        AddPlugins(
            page, "Callbacks", "Key `Callbacks`, any number, in order.",
            plugins.Where(type => type.IsAssignableTo(typeof(Callback)) && !type.IsAssignableTo(typeof(IMetricLogger))));
        AddPlugins(page, "Loggers", "Key `Loggers`, any number.", plugins.Where(type => type.IsAssignableTo(typeof(IMetricLogger))));
        page.Append("\n## Options set in code\n");
        var covered = plugins.Select(OptionsOf).Append(typeof(TrainerOptions)).ToHashSet();
        foreach (var type in types.Where(type => IsOptions(type) && !covered.Contains(type)))
        {
            page.Append($"\n### {type.Name}\n\n{XmlSummaries.Of(type)}\n\n");
            AddTable(page, type);
        }

        return page.ToString();
    }

    private static void AddPlugins(StringBuilder page, string kind, string key, IEnumerable<Type> plugins)
    {
        page.Append($"\n## {kind}\n\n{key}\n");
        foreach (var plugin in plugins.OrderBy(plugin => plugin.GetCustomAttribute<PluginAttribute>()!.Name, StringComparer.Ordinal))
        {
            page.Append($"\n### {plugin.GetCustomAttribute<PluginAttribute>()!.Name}\n\n`{plugin.Name}`. {XmlSummaries.Of(plugin)}\n\n");
            if (OptionsOf(plugin) is { } options)
            {
                AddTable(page, options);
            }
            else
            {
                page.Append("No options.\n");
            }
        }
    }

    private static void AddTable(StringBuilder page, Type type)
    {
        var options = Activator.CreateInstance(type)!;
        page.Append("| option | kind | default | allowed | |\n| --- | --- | --- | --- | --- |\n");
        foreach (var property in Properties(type))
        {
            page.Append(OptionRow.Of(property, options)).Append('\n');
        }
    }

    private static Type? OptionsOf(Type plugin) => plugin.GetInterfaces()
        .FirstOrDefault(
            contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IConfigurable<>))?.GetGenericArguments()[0];

    private static bool IsOptions(Type type) =>
        type is { IsClass: true, IsAbstract: false, IsGenericType: false }
            && type.Name.EndsWith("Options", StringComparison.Ordinal)
            && type.GetConstructor([]) is not null
            && Properties(type).Any();

    // In the order of the source, which reflection keeps; members of a base class first.
    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(
            property => property.GetIndexParameters().Length == 0 && property.CanWrite)
            .OrderBy(property => property.DeclaringType == type).ThenBy(property => property.MetadataToken);
}
