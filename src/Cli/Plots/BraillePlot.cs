using Spectre.Console;

namespace Fulgurite.Cli;

/// <summary>Draws curves over steps with the dots of Braille characters, 2 by 4 in each.</summary>
internal static class BraillePlot
{
    private const int LabelWidth = 9;
    private const char Empty = '\u2800';

    private static readonly string[] Colors = ["blue", "darkorange", "green", "magenta", "olive", "red"];

    // The bits of the dots of a character, by column and row.
    private static readonly int[][] Dots = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

    /// <summary>Returns the lines of a plot: a legend, the curves with the limits of the values, and the limits of the steps.</summary>
    /// <param name="title">The title, the first word of the legend.</param>
    /// <param name="curves">The curves.</param>
    /// <param name="width">The number of columns.</param>
    /// <param name="height">The number of lines of the curves.</param>
    /// <param name="unit">The unit of the values; empty if there is none.</param>
    /// <param name="fromZero">Whether the values begin at zero, and each point has a stem from there.</param>
    public static IReadOnlyList<string> Draw(
        string title, IReadOnlyList<Curve> curves, int width, int height, string unit = "", bool fromZero = false)
    {
        var lines = new List<string> { Legend(title, curves, width, unit) };
        var columns = Math.Max(4, width - LabelWidth - 1);
        var points = curves.SelectMany(curve => curve.Points).ToList();
        if (points.Count == 0)
        {
            lines.AddRange(
                Enumerable.Range(0, height + 1).Select(
                    row => row == height / 2 ? $"{new string(' ', LabelWidth)}[grey]nothing yet[/]" : string.Empty));
            return lines;
        }

        var (first, last) = Range(points.Min(point => (double)point.Step), points.Max(point => (double)point.Step), fromZero: false);
        var (low, high) = Range(points.Min(point => point.Value), points.Max(point => point.Value), fromZero);
        var cells = new (int Dots, int Curve)[height, columns];
        for (var index = 0; index < curves.Count; index++)
        {
            Draw(
                cells,
                index,
                [
                    .. curves[index].Points.Select(
                        point => (
                            (point.Step - first) / (last - first) * ((columns * 2) - 1),
                            (high - point.Value) / (high - low) * ((height * 4) - 1))),
                ],
                fromZero);
        }

        for (var row = 0; row < height; row++)
        {
            var label = row == 0 ? Amounts.Brief(high) + unit : row == height - 1 ? Amounts.Brief(low) + unit : string.Empty;
            lines.Add($"[grey]{Markup.Escape(label.PadLeft(LabelWidth))}[/] {Row(cells, row)}");
        }

        var (from, to) = (Amounts.Count((long)first), Amounts.Count((long)last));
        lines.Add($"[grey]{new string(' ', LabelWidth + 1)}{from}{to.PadLeft(Math.Max(1, columns - from.Length))}[/]");
        return lines;
    }

    private static string Legend(string title, IReadOnlyList<Curve> curves, int width, string unit)
    {
        var (text, length) = ($"[bold]{Markup.Escape(title)}[/]", title.Length);
        for (var index = 0; index < curves.Count; index++)
        {
            var (name, value) = (Short(curves[index].Name, title), Amounts.Brief(curves[index].Last) + unit);
            length += name.Length + value.Length + 4;
            if (length > width)
            {
                break;
            }

            text += $"  [{Color(index)}]\u25cf[/] [grey]{Markup.Escape(name)}[/]{Markup.Escape(value)}";
        }

        return text;
    }

    /// <summary>Returns a name without the title: <c>train_loss</c> is <c>train</c> in the plot <c>loss</c>.</summary>
    private static string Short(string name, string title) =>
        name == title ? string.Empty : (name.EndsWith("_" + title, StringComparison.Ordinal) ? name[..^(title.Length + 1)] : name) + " ";

    private static (double Low, double High) Range(double low, double high, bool fromZero)
    {
        low = fromZero ? Math.Min(0, low) : low;
        var space = Math.Abs(low) > 0 ? Math.Abs(low) * 0.1 : 1;
        return low < high ? (low, high) : (fromZero ? low : low - space, high + space);
    }

    private static void Draw((int Dots, int Curve)[,] cells, int curve, List<(double X, double Y)> points, bool stems)
    {
        for (var index = 0; index < points.Count; index++)
        {
            var (x, y) = points[index];
            var (fromX, fromY) = stems ? (x, (cells.GetLength(0) * 4) - 1) : points[Math.Max(0, index - 1)];
            var steps = Math.Max(1, (int)Math.Ceiling(Math.Max(Math.Abs(x - fromX), Math.Abs(y - fromY))));
            for (var step = 0; step <= steps; step++)
            {
                Set(cells, curve, fromX + ((x - fromX) * step / steps), fromY + ((y - fromY) * step / steps));
            }
        }
    }

    private static void Set((int Dots, int Curve)[,] cells, int curve, double x, double y)
    {
        var (column, row) = ((int)Math.Round(x), (int)Math.Round(y));
        ref var cell = ref cells[row / 4, column / 2];
        cell = (cell.Dots | Dots[column % 2][row % 4], curve);
    }

    private static string Row((int Dots, int Curve)[,] cells, int row) => string.Concat(Enumerable.Range(0, cells.GetLength(1))
        .Select(column => cells[row, column])
        .Select(cell => cell.Dots == 0 ? " " : $"[{Color(cell.Curve)}]{(char)(Empty + cell.Dots)}[/]"));

    private static string Color(int curve) => Colors[curve % Colors.Length];
}
