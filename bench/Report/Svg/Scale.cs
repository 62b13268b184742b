using System.Globalization;

namespace Fulgurite.Bench.Report.Svg;

/// <summary>An axis of numbers: where a value lies, and which values are marked.</summary>
internal sealed class Scale
{
    private readonly bool _isLogarithmic;
    private readonly double _least;
    private readonly double _most;

    private Scale(bool isLogarithmic, double least, double most, IReadOnlyList<double> ticks) =>
        (_isLogarithmic, _least, _most, Ticks) = (isLogarithmic, least, most, ticks);

    public IReadOnlyList<double> Ticks { get; }

    /// <summary>From nought to the greatest value, in round steps.</summary>
    public static Scale Linear(IEnumerable<double> values)
    {
        var most = values.DefaultIfEmpty(1).Max();
        most = most > 0 ? most : 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(most / 4)));
        var step = new[] { 1.0, 2, 5, 10 }.Select(factor => factor * power).First(step => most / step <= 6);
        var count = (int)Math.Ceiling(most / step);
        return new Scale(false, 0, count * step, [.. Enumerable.Range(0, count + 1).Select(index => index * step)]);
    }

    /// <summary>Whole powers of ten around the values, which are more than 0.</summary>
    public static Scale Logarithmic(IEnumerable<double> values)
    {
        var positive = values.Where(value => value > 0).DefaultIfEmpty(1).ToList();
        var first = (int)Math.Floor(Math.Log10(positive.Min()));
        var last = Math.Max(first + 1, (int)Math.Ceiling(Math.Log10(positive.Max())));
        return new Scale(true, first, last, [.. Enumerable.Range(first, last - first + 1).Select(power => Math.Pow(10, power))]);
    }

    /// <summary>Where a value lies between the ends of the axis, from 0 to 1.</summary>
    public double Place(double value)
    {
        var place = _isLogarithmic ? (value > 0 ? Math.Log10(value) : _least) : value;
        return Math.Clamp((place - _least) / (_most - _least), 0, 1);
    }

    public static string Label(double tick) => Math.Round(tick, 9).ToString("#,0.#########", CultureInfo.InvariantCulture);
}
