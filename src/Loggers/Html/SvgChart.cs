using System.Globalization;
using System.Net;
using System.Text;

namespace Fulgurite.Loggers;

/// <summary>Draws curves over steps as SVG. The page defines the colours, which supports light and dark mode.</summary>
/// <param name="unit">The unit after the numbers; empty if there is none.</param>
internal sealed class SvgChart(string unit = "")
{
    private const double Width = 620;
    private const double Height = 240;
    private const double Left = 62;
    private const double Right = 12;
    private const double Top = 12;
    private const double Bottom = 30;

    /// <summary>The number of points from which a fluctuating curve is drawn thin, with a smoothed one over it.</summary>
    private const int Noisy = 60;
    private const double Smoothing = 0.9;

    /// <summary>The number of points up to which each point has a dot with a tooltip.</summary>
    private const int Dotted = 40;

    private readonly StringBuilder _svg = new();

    public string Draw(IReadOnlyList<(string Name, Series Series)> curves, bool fromZero = false, bool stems = false)
    {
        var points = curves.SelectMany(curve => curve.Series.Points).ToList();
        if (points.Count == 0)
        {
            return "<p class=\"none\">nothing yet</p>";
        }

        var (first, last) = Range(points.Min(point => (double)point.Step), points.Max(point => (double)point.Step));
        var (low, high) = Range(fromZero ? 0 : points.Min(point => point.Value), points.Max(point => point.Value));
        var margin = (high - low) * 0.05;
        (low, high) = (fromZero ? low : low - margin, high + margin);
        Append($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\">");
        Grid(first, last, low, high);
        for (var index = 0; index < curves.Count; index++)
        {
            Curve(curves[index], index, stems, step => Left + ((step - first) / (last - first) * (Width - Left - Right)), value => Height - Bottom - ((value - low) / (high - low) * (Height - Top - Bottom)));
        }

        Append($"</svg>");
        return _svg.ToString();
    }

    /// <summary>Formats a number for an axis or a legend.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 0.001 or >= 1e6 => value.ToString("0.##e0", CultureInfo.InvariantCulture),
        >= 1000 => value.ToString("#,0.#", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0.#", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.##", CultureInfo.InvariantCulture),
        _ => value.ToString("0.####", CultureInfo.InvariantCulture),
    };

    private static (double Low, double High) Range(double low, double high)
    {
        if (low < high)
        {
            return (low, high);
        }

        var space = low == 0 ? 1 : Math.Abs(low) * 0.1;
        return (low - space, high + space);
    }

    private void Grid(double first, double last, double low, double high)
    {
        foreach (var value in AxisTicks.Between(low, high, 5))
        {
            var y = Height - Bottom - ((value - low) / (high - low) * (Height - Top - Bottom));
            Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/><text class=\"tick\" text-anchor=\"end\" x=\"{Left - 8}\" y=\"{y + 4:0.#}\">{Number(value)}{unit}</text>");
        }

        foreach (var step in AxisTicks.Between(first, last, 6))
        {
            var x = Left + ((step - first) / (last - first) * (Width - Left - Right));
            Append($"<text class=\"tick\" text-anchor=\"middle\" x=\"{x:0.#}\" y=\"{Height - 10}\">{Number(step)}</text>");
        }
    }

    private void Curve((string Name, Series Series) curve, int color, bool stems, Func<double, double> x, Func<double, double> y)
    {
        var points = curve.Series.Points;
        var isNoisy = points.Count > Noisy && Turns(points) > points.Count / 5;
        if (stems)
        {
            foreach (var (step, value) in points)
            {
                Append($"<line class=\"line c{color % 6}\" x1=\"{x(step):0.#}\" x2=\"{x(step):0.#}\" y1=\"{y(0):0.#}\" y2=\"{y(value):0.#}\"/>");
            }
        }
        else
        {
            Line(points, isNoisy ? "raw" : "line", color, x, y);
        }

        if (isNoisy && !stems)
        {
            Line(Smooth(points), "line", color, x, y);
        }

        if (points.Count <= Dotted)
        {
            foreach (var (step, value) in points)
            {
                Append($"<circle class=\"c{color % 6}\" r=\"3\" cx=\"{x(step):0.#}\" cy=\"{y(value):0.#}\"><title>{WebUtility.HtmlEncode(curve.Name)} {Number(value)}{unit} at step {step}</title></circle>");
            }
        }
    }

    /// <summary>Counts the changes of direction of a curve.</summary>
    private static int Turns(IReadOnlyList<(long Step, double Value)> points) =>
        Enumerable.Range(1, points.Count - 2).Count(index => (points[index].Value - points[index - 1].Value) * (points[index + 1].Value - points[index].Value) < 0);

    private void Line(IReadOnlyList<(long Step, double Value)> points, string kind, int color, Func<double, double> x, Func<double, double> y)
    {
        Append($"<polyline class=\"{kind} c{color % 6}\" points=\"");
        foreach (var (step, value) in points)
        {
            Append($"{x(step):0.#},{y(value):0.#} ");
        }

        Append($"\"/>");
    }

    private static List<(long Step, double Value)> Smooth(IReadOnlyList<(long Step, double Value)> points)
    {
        var (sum, weight) = (0.0, 0.0);
        var smooth = new List<(long, double)>(points.Count);
        foreach (var (step, value) in points)
        {
            sum = (sum * Smoothing) + (value * (1 - Smoothing));
            weight = (weight * Smoothing) + (1 - Smoothing); // So that it does not begin at zero.
            smooth.Add((step, sum / weight));
        }

        return smooth;
    }

    private void Append(FormattableString text) => _svg.Append(text.ToString(CultureInfo.InvariantCulture));
}
