using System.Globalization;

namespace AttentionXml.Data.Formats;

/// <summary>The allowed numbers of labels or features in a file, inclusive.</summary>
internal readonly record struct NumberRange(int First, int Last)
{
    public void Check(ReadOnlySpan<char> text, string what)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw new FormatException($"expected the number of a {what}, found '{text}'.");
        }

        if (number < First || number > Last)
        {
            throw new FormatException($"{what} {number} is outside {First} to {Last}.");
        }
    }
}
