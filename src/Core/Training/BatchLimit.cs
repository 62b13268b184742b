using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>
/// A limit on batches: a number, or a fraction of the data. Written as <c>10</c> or <c>0.25</c>, in code and in configuration files;
/// <c>1</c> is one batch, and <c>1.0</c> is all of them.
/// </summary>
[TypeConverter(typeof(ParsableConverter<BatchLimit>))]
public readonly record struct BatchLimit : IParsable<BatchLimit>
{
    private BatchLimit(int? count, double? fraction) => (Count, Fraction) = (count, fraction);

    /// <summary>Gets the number of batches; null if the limit is a fraction.</summary>
    public int? Count { get; }

    /// <summary>Gets the fraction of the data, from 0 to 1; null if the limit is a number.</summary>
    public double? Fraction { get; }

    /// <summary>Gets a value that indicates whether no batch is used.</summary>
    public bool IsNone => Count is null or 0 && Fraction is null or 0;

    /// <summary>Creates a limit from a number of batches.</summary>
    /// <param name="count">The number, zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static BatchLimit Batches(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new BatchLimit(count, null);
    }

    /// <summary>Creates a limit from a fraction of the data.</summary>
    /// <param name="fraction">The fraction, from 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside this range.</exception>
    public static BatchLimit OfData(double fraction)
    {
        if (!(fraction is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(fraction), fraction,
                "A fraction of the batches must be from 0.0 to 1.0. Write a number of batches without a decimal point.");
        }

        return new BatchLimit(null, fraction);
    }

    /// <summary>Converts a number of batches to a limit.</summary>
    /// <param name="count">The number, zero or more.</param>
    public static implicit operator BatchLimit(int count) => Batches(count);

    /// <summary>Converts a fraction of the data to a limit.</summary>
    /// <param name="fraction">The fraction, from 0 to 1.</param>
    public static implicit operator BatchLimit(double fraction) => OfData(fraction);

    /// <inheritdoc/>
    public static BatchLimit Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var limit)
            ? limit
            : throw new FormatException(
                $"'{s}' is not a batch limit. Write a number of batches, such as 10, or a fraction of the data from 0.0 to 1.0, "
                    + "such as 0.25.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out BatchLimit result)
    {
        if (int.TryParse(s, NumberStyles.Integer, CultureInfo.InvariantCulture, out var count) && count >= 0)
        {
            result = Batches(count);
            return true;
        }

        var isFraction = double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) && fraction is >= 0 and <= 1
            && s.AsSpan().ContainsAny(".eE");
        result = isFraction ? OfData(fraction) : default;
        return isFraction;
    }

    /// <summary>Returns the limit in its written form: <c>10</c> or <c>0.25</c>.</summary>
    public override string ToString() => Count is { } count
        ? count.ToString(CultureInfo.InvariantCulture)
        : (Fraction ?? 0).ToString("0.0###############", CultureInfo.InvariantCulture);

    /// <summary>Returns the number of batches that may be used.</summary>
    /// <param name="option">The option that sets the limit, for messages.</param>
    /// <param name="available">The number of available batches; null if it is unknown.</param>
    /// <exception cref="InvalidOperationException">The fraction is of an unknown number, or of less than one batch.</exception>
    internal int? Of(string option, int? available)
    {
        if (Count is { } count)
        {
            return available is { } there ? Math.Min(count, there) : count;
        }

        if (Fraction is 1)
        {
            return available;
        }

        if (available is not { } all)
        {
            throw new InvalidOperationException(
                $"{option} is {this}, a fraction, but the number of batches is unknown. Specify a number of batches, "
                    + "or use data with a known length (a list, an IBatchSource with BatchCount).");
        }

        var part = (int)(all * (Fraction ?? 0));
        return part > 0 || IsNone
            ? part
            : throw new InvalidOperationException(
                $"{option} is {this} and the data has {all} batches, so that this is less than one batch. "
                    + $"Set it to {1.0 / all:0.0###} or more, or to a number of batches.");
    }
}
