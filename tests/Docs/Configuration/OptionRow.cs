using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Fulgurite.Tests.Docs.Configuration;

/// <summary>One option in the reference.</summary>
internal static class OptionRow
{
    private static readonly Dictionary<Type, string> Names = new()
    {
        [typeof(bool)] = "`true`, `false`",
        [typeof(int)] = "whole number",
        [typeof(long)] = "whole number",
        [typeof(double)] = "number",
        [typeof(string)] = "text",
        [typeof(TimeSpan)] = "time",
        [typeof(BatchLimit)] = "number or fraction",
        [typeof(ValidationInterval)] = "number, fraction or time",
        [typeof(SaveLast)] = "`true`, `false`, `link`",
    };

    public static string Of(PropertyInfo property, object options)
    {
        var text = XmlSummaries.Of(property).Split(" Default: ");

        // A default that depends on other options or on the process has no value to show.
        var value = text is [_, ['t', 'h', 'a', 't', ' ', 'o', 'f', ..] or ['t', 'h', 'e', ' ', 's', 'e', 'e', 'd', ..]]
            ? "see right" : Value(property.GetValue(options));
        return $"| `{property.Name}` | {Kind(property.PropertyType)} | {value} | {Range(property)} | {Description(text, value)} |";
    }

    private static string Kind(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        { IsEnum: true } names => string.Join(", ", Enum.GetNames(names).Select(name => $"`{name}`")),
        var plain when Names.TryGetValue(plain, out var name) => name,
        var list when list.IsAssignableTo(typeof(IDictionary)) || list.Name.StartsWith("IDictionary", StringComparison.Ordinal) => "map",
        var list when list.IsAssignableTo(typeof(IEnumerable)) => "list",
        var other => $"`{other.Name.Split('`')[0]}`, in code",
    };

    private static string Value(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "`true`" : "`false`",
        string text => $"`{text}`",
        TimeSpan time => $"`{time:c}`",
        ICollection { Count: 0 } => "empty",
        IEnumerable list => string.Join(", ", list.Cast<object>().Select(Value)),
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        SaveLast last => last.IsOn ? "`true`" : "`false`",
        _ => $"`{value}`",
    };

    private static string Range(PropertyInfo property)
    {
        var required = property.PropertyType == typeof(string) && property.IsDefined(typeof(RequiredAttribute))
            ? "not empty"
            : string.Empty;
        return property.GetCustomAttribute<RangeAttribute>() is not { } range ? required
            : (range.Minimum, range.Maximum) switch
            {
                (double.Epsilon, double.MaxValue) => "more than 0",
                (double.Epsilon, var most) => $"more than 0, at most {Plain(most)}",
                (var least, int.MaxValue or >= (double)long.MaxValue) => $"{Plain(least)} or more",
                var (least, most) =>
                    $"{Bound(least, range.MinimumIsExclusive)} to {Bound(most, range.MaximumIsExclusive)}",
            };

        static string Bound(object value, bool isExclusive) => Plain(value) + (isExclusive ? " (exclusive)" : string.Empty);
    }

    // The default in the text, unless it is only the value.
    private static string Description(string[] parts, string value)
    {
        var said = parts.Length == 2 ? parts[1].TrimEnd('.').Trim('`') : "null";
        return said == "null" || said == value.Trim('`') || said.EndsWith($".{value.Trim('`')}", StringComparison.Ordinal)
            ? parts[0]
            : $"{parts[0]} Default: {parts[1]}";
    }

    private static string Plain(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
