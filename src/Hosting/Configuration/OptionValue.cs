using System.Collections;
using System.ComponentModel;
using Microsoft.Extensions.Configuration;

namespace Fulgurite.Composition;

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

    private static bool IsText(Type type) => TypeDescriptor.GetConverter(Nullable.GetUnderlyingType(type) ?? type).CanConvertFrom(typeof(string));

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
