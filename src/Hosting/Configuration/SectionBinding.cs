using System.Collections;
using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>Registers the binding of options to a section.</summary>
internal static class SectionBinding
{
    public static void Register(IServiceCollection services, Type options, string name, IConfiguration section, params string[] reserved) =>
        ((ISectionBinding)Activator.CreateInstance(typeof(SectionBinding<>).MakeGenericType(options), name, section, reserved)!)
            .Register(services);
}

internal interface ISectionBinding
{
    void Register(IServiceCollection services);
}

/// <summary>
/// Binds options to a section, key by key, so that all errors are reported together: unknown keys, and values that cannot be parsed.
/// </summary>
internal sealed class SectionBinding<TOptions>(string name, IConfiguration section, string[] reserved)
    : ISectionBinding, IConfigureNamedOptions<TOptions>, IValidateOptions<TOptions>
    where TOptions : class
{
    private static readonly PropertyInfo[] Properties =
        [.. typeof(TOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite)];

    public void Register(IServiceCollection services)
    {
        services.AddSingleton<IConfigureOptions<TOptions>>(this);
        services.AddSingleton<IValidateOptions<TOptions>>(this);
    }

    public void Configure(TOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name1, TOptions options) => Bind(name1, options);

    public ValidateOptionsResult Validate(string? name1, TOptions options)
    {
        // A new object: values set later by a delegate are kept, and no state is shared between the two calls.
        var failures = Bind(name1, Activator.CreateInstance<TOptions>());
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private List<string> Bind(string? requested, TOptions options)
    {
        List<string> failures = [];
        if (!string.Equals(requested, name, StringComparison.Ordinal))
        {
            return failures;
        }

        foreach (var child in section.GetChildren().Where(child => !reserved.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            var property = Array.Find(Properties, property => string.Equals(property.Name, child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                failures.Add(Unknown(child));
            }
            else if ((OptionValue.Misfit(child, property.PropertyType) ?? Failure(child, property.PropertyType, options)) is { } failure)
            {
                failures.Add($"{child.Path} {failure}");
            }
        }

        return failures;
    }

    private string Unknown(IConfigurationSection child)
    {
        string[] known = [.. Properties.Select(property => property.Name), .. reserved];
        return NearestName.Of(child.Key, known) is { } nearest
            ? $"{child.Path} is no option. Did you mean {nearest}?"
            : $"{child.Path} is no option. Known are {string.Join(", ", known)}.";
    }

    private static string? Failure(IConfigurationSection child, Type type, TOptions options)
    {
        var below = child.AsEnumerable(makePathsRelative: true).Select(
            entry => KeyValuePair.Create(ConfigurationPath.Combine(child.Key, entry.Key), entry.Value)).ToList();
        var alone = new ConfigurationBuilder().AddInMemoryCollection(
            below.Count > 0 ? below : [KeyValuePair.Create(child.Key, child.Value)]).Build();
        try
        {
            alone.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return OptionValue.Unreadable(child, type, exception);
        }
    }
}

/// <summary>
/// Refuses <c>services.Configure&lt;TrainerOptions&gt;(section)</c>, which would ignore plug-ins and unknown keys in the section.
/// </summary>
internal sealed class RefusedBinding(IEnumerable<IConfigureOptions<TrainerOptions>> configurations) : IValidateOptions<TrainerOptions>
{
    public ValidateOptionsResult Validate(string? name, TrainerOptions options) =>
        configurations.OfType<NamedConfigureFromConfigurationOptions<TrainerOptions>>().Any(
            binding => binding.Name == (name ?? string.Empty))
            ? ValidateOptionsResult.Fail(
                "TrainerOptions are bound to a configuration section by Configure or Bind, which ignores its plug-ins and unknown keys. "
                    + "Remove that call and use services.AddTrainer(section), or builder.Configure(o => ...) for values from code.")
            : ValidateOptionsResult.Success;
}

/// <summary>Error messages for configuration values that an option cannot have.</summary>
internal static class OptionValue
{
    /// <summary>
    /// Returns the error in the form of a value that the configuration binder would silently ignore: a list instead of a number, a word
    /// instead of a list, an object that only code can create.
    /// </summary>
    /// <returns>The error; null for none.</returns>
    public static string? Misfit(IConfigurationSection section, Type type)
    {
        var isEmpty = string.IsNullOrEmpty(section.Value);
        var hasChildren = section.GetChildren().Any();
        if (isEmpty && !hasChildren)
        {
            return null;
        }

        if (IsText(type))
        {
            return hasChildren ? $"is a list or an object; allowed is {Expected(type)}." : null;
        }

        if (!IsCollection(type))
        {
            return $"cannot be set in a configuration: it is a {type.Name}. Set it in code, with Configure.";
        }

        return hasChildren ? null : $"is '{section.Value}'; allowed is a list.";
    }

    /// <summary>Returns the error for a value that cannot be parsed.</summary>
    public static string Unreadable(IConfigurationSection section, Type type, Exception exception)
    {
        var reason = exception.GetBaseException();
        return IsKnown(Nullable.GetUnderlyingType(type) ?? type) || reason is not FormatException
            ? $"is '{section.Value}'; allowed is {Expected(type)}."
            : $"cannot be read: {reason.Message}";
    }

    private static bool IsText(Type type) =>
        TypeDescriptor.GetConverter(Nullable.GetUnderlyingType(type) ?? type).CanConvertFrom(typeof(string));

    private static bool IsCollection(Type type) => typeof(IEnumerable).IsAssignableFrom(type);

    private static bool IsKnown(Type type) => type.IsEnum || type.IsPrimitive || type == typeof(string) || type == typeof(TimeSpan);

    private static string Expected(Type type)
    {
        var value = Nullable.GetUnderlyingType(type) ?? type;
        return value switch
        {
            { IsEnum: true } => string.Join(", ", Enum.GetNames(value)),
            _ when value == typeof(bool) => "true or false",
            _ when value == typeof(int) || value == typeof(long) => $"a whole number ({value.Name})",
            _ when value == typeof(double) || value == typeof(float) => "a number",
            _ when value == typeof(TimeSpan) => "a time as hh:mm:ss",
            _ when value == typeof(string) => "a text",
            _ when IsCollection(value) => "a list",
            _ => value.Name,
        };
    }
}
