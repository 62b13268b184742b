using System.ComponentModel;
using System.Globalization;

namespace Fulgurite;

/// <summary>Lets a configuration bind a value that is written as text.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
internal sealed class ParsableConverter<T> : TypeConverter
    where T : IParsable<T>
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? T.Parse(text, CultureInfo.InvariantCulture) : base.ConvertFrom(context, culture, value);
}
