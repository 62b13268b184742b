using System.ComponentModel;
using System.Globalization;

namespace Fulgurite;

/// <summary>
/// Specifies whether the newest state is saved in addition to the best ones: <c>false</c>, <c>true</c>, or <c>"link"</c>.
/// </summary>
/// <remarks>
/// Converts from <c>true</c>, <c>false</c> and <c>"link"</c>, both in code (<c>SaveLast = true</c>) and in a configuration.
/// </remarks>
[TypeConverter(typeof(SaveLastConverter))]
public readonly record struct SaveLast
{
    private readonly Kind _kind;

    private SaveLast(Kind kind) => _kind = kind;

    private enum Kind
    {
        No,
        File,
        Link,
    }

    /// <summary>Gets the value for not saving the newest state.</summary>
    public static SaveLast No => default;

    /// <summary>Gets the value for saving the newest state as a separate file.</summary>
    public static SaveLast File => new(Kind.File);

    /// <summary>
    /// Gets the value for saving the newest state as a hard link, if the same state is saved as one of the best and the storage supports
    /// links; otherwise, as a separate file.
    /// </summary>
    public static SaveLast Link => new(Kind.Link);

    /// <summary>Gets a value indicating whether the newest state is saved.</summary>
    public bool IsOn => _kind != Kind.No;

    /// <summary>Gets a value indicating whether the newest state may be a hard link.</summary>
    public bool IsLink => _kind == Kind.Link;

    /// <summary>Converts a Boolean: true for <see cref="File"/>, false for <see cref="No"/>.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator SaveLast(bool value) => value ? File : No;

    /// <summary>Converts the text <c>true</c>, <c>false</c> or <c>link</c>.</summary>
    /// <param name="value">The text.</param>
    /// <exception cref="FormatException">The text has another value.</exception>
    public static implicit operator SaveLast(string value) => Parse(value);

    /// <summary>Parses <c>true</c> or <c>yes</c>, <c>false</c> or <c>no</c>, or <c>link</c>, ignoring case.</summary>
    /// <param name="value">The text.</param>
    /// <exception cref="FormatException">The text has another value.</exception>
    public static SaveLast Parse(string value) => value?.Trim().ToUpperInvariant() switch
    {
        "TRUE" or "YES" => File,
        "FALSE" or "NO" => No,
        "LINK" => Link,
        _ => throw new FormatException($"SaveLast is '{value}'; allowed is true, false or link."),
    };

    /// <summary>Returns the text used in a configuration.</summary>
    public override string ToString() => _kind switch
    {
        Kind.File => "true",
        Kind.Link => "link",
        _ => "false",
    };
}

/// <summary>Converts a <see cref="SaveLast"/> from a configuration.</summary>
internal sealed class SaveLastConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? SaveLast.Parse(text) : base.ConvertFrom(context, culture, value);
}
