using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Fulgurite.Composition;

namespace Fulgurite;

/// <summary>
/// The interval of validations in a fit: a number of training batches, a fraction of an epoch, or a time. Written as <c>100</c>,
/// <c>0.25</c> or <c>00:15:00</c>, in code (<see cref="TimeSpan"/> for a time) and in configuration files.
/// </summary>
[TypeConverter(typeof(ParsableConverter<ValidationInterval>))]
public readonly record struct ValidationInterval : IParsable<ValidationInterval>
{
    private ValidationInterval(int? batches, double? fraction, TimeSpan? time) => (Batches, Fraction, Time) = (batches, fraction, time);

    /// <summary>Gets the number of training batches; null if the interval is not a number of batches.</summary>
    public int? Batches { get; }

    /// <summary>Gets the fraction of an epoch, more than 0 and at most 1; null if the interval is not a fraction.</summary>
    public double? Fraction { get; }

    /// <summary>Gets the time from the end of a validation to the next; null if the interval is not a time.</summary>
    public TimeSpan? Time { get; }

    /// <summary>Creates an interval from a number of training batches.</summary>
    /// <param name="batches">The number, one or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than one.</exception>
    public static ValidationInterval EveryBatches(int batches)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batches, 1);
        return new ValidationInterval(batches, null, null);
    }

    /// <summary>Creates an interval from a fraction of an epoch.</summary>
    /// <param name="fraction">The fraction, more than 0 and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside this range.</exception>
    public static ValidationInterval OfEpoch(double fraction)
    {
        if (!(fraction is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(fraction), fraction,
                "A fraction of an epoch must be more than 0.0 and at most 1.0. Write a number of batches without a decimal point.");
        }

        return new ValidationInterval(null, fraction, null);
    }

    /// <summary>Creates an interval from a time.</summary>
    /// <param name="time">The time, more than zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is not more than zero.</exception>
    public static ValidationInterval Every(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero);
        return new ValidationInterval(null, null, time);
    }

    /// <summary>Converts a number of training batches to an interval.</summary>
    /// <param name="batches">The number, one or more.</param>
    public static implicit operator ValidationInterval(int batches) => EveryBatches(batches);

    /// <summary>Converts a fraction of an epoch to an interval.</summary>
    /// <param name="fraction">The fraction, more than 0 and at most 1.</param>
    public static implicit operator ValidationInterval(double fraction) => OfEpoch(fraction);

    /// <summary>Converts a time to an interval.</summary>
    /// <param name="time">The time, more than zero.</param>
    public static implicit operator ValidationInterval(TimeSpan time) => Every(time);

    /// <inheritdoc/>
    public static ValidationInterval Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var interval)
            ? interval
            : throw new FormatException(
                $"'{s}' is not a validation interval. Write a number of training batches, such as 100, a fraction of an epoch, "
                    + "such as 0.25, or a time, such as 00:15:00.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ValidationInterval result)
    {
        if (int.TryParse(s, NumberStyles.Integer, CultureInfo.InvariantCulture, out var batches) && batches >= 1)
        {
            result = EveryBatches(batches);
            return true;
        }

        if (s.AsSpan().Contains(':') && TimeSpan.TryParse(s, CultureInfo.InvariantCulture, out var time) && time > TimeSpan.Zero)
        {
            result = Every(time);
            return true;
        }

        var isFraction = double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) && fraction is > 0 and <= 1
            && s.AsSpan().ContainsAny(".eE");
        result = isFraction ? OfEpoch(fraction) : default;
        return isFraction;
    }

    /// <summary>Returns the interval in its written form: <c>100</c>, <c>0.25</c> or <c>00:15:00</c>.</summary>
    public override string ToString() =>
        Batches?.ToString(CultureInfo.InvariantCulture)
        ?? Time?.ToString("c", CultureInfo.InvariantCulture)
        ?? (Fraction ?? 1).ToString("0.0###############", CultureInfo.InvariantCulture);
}
