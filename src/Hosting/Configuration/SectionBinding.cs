using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>Registers the binding of options to a section.</summary>
internal static class SectionBinding
{
    public static void Register(IServiceCollection services, Type options, string name, IConfiguration section, params string[] reserved) =>
        ((ISectionBinding)Activator.CreateInstance(typeof(SectionBinding<>).MakeGenericType(options), name, section, reserved)!).Register(services);
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
        var below = child.AsEnumerable(makePathsRelative: true).Select(entry => KeyValuePair.Create(ConfigurationPath.Combine(child.Key, entry.Key), entry.Value)).ToList();
        var alone = new ConfigurationBuilder().AddInMemoryCollection(below.Count > 0 ? below : [KeyValuePair.Create(child.Key, child.Value)]).Build();
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
