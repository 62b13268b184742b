using System.ComponentModel;
using System.Globalization;

namespace Fulgurite.Callbacks;

/// <summary>Reads a <see cref="SaveLast"/> from a configuration.</summary>
internal sealed class SaveLastConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? SaveLast.Parse(text) : base.ConvertFrom(context, culture, value);
}
