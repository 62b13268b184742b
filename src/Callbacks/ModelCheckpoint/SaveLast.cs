using System.ComponentModel;
using System.Globalization;

namespace Fulgurite.Callbacks;

/// <summary>Whether the newest state is kept besides the best ones: <c>false</c>, <c>true</c>, or <c>"link"</c>.</summary>
/// <remarks>In code <c>SaveLast = true</c> and <c>SaveLast = "link"</c> do; in a configuration likewise.</remarks>
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

    /// <summary>It is not kept.</summary>
    public static SaveLast No => default;

    /// <summary>It is saved as a file of its own.</summary>
    public static SaveLast File => new(Kind.File);

    /// <summary>
    /// Where the same state is saved as one of the best, it is a second name of that file (a hard link) if the storage has such; else a
    /// file of its own.
    /// </summary>
    public static SaveLast Link => new(Kind.Link);

    /// <summary>Whether it is kept.</summary>
    public bool IsOn => _kind != Kind.No;

    /// <summary>Whether it may be a second name.</summary>
    public bool IsLink => _kind == Kind.Link;

    /// <summary>A file of its own, or nothing.</summary>
    /// <param name="value">Whether it is kept.</param>
    public static implicit operator SaveLast(bool value) => value ? File : No;

    /// <summary>Reads <c>true</c>, <c>false</c> or <c>link</c>.</summary>
    /// <param name="value">The text.</param>
    /// <exception cref="FormatException">It is none of them.</exception>
    public static implicit operator SaveLast(string value) => Parse(value);

    /// <summary>Reads <c>true</c> or <c>yes</c>, <c>false</c> or <c>no</c>, or <c>link</c>, in any case.</summary>
    /// <param name="value">The text.</param>
    /// <exception cref="FormatException">It is none of them.</exception>
    public static SaveLast Parse(string value) => value?.Trim().ToUpperInvariant() switch
    {
        "TRUE" or "YES" => File,
        "FALSE" or "NO" => No,
        "LINK" => Link,
        _ => throw new FormatException($"SaveLast is '{value}'; allowed is true, false or link."),
    };

    /// <summary>As it is written in a configuration.</summary>
    public override string ToString() => _kind switch
    {
        Kind.File => "true",
        Kind.Link => "link",
        _ => "false",
    };
}

/// <summary>Reads a <see cref="SaveLast"/> from a configuration.</summary>
internal sealed class SaveLastConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? SaveLast.Parse(text) : base.ConvertFrom(context, culture, value);
}
