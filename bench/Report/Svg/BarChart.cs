namespace Fulgurite.Bench.Report.Svg;

/// <summary>Groups of lying bars, with their values at their ends.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Subtitle">The unit, and which way is better.</param>
/// <param name="Groups">From top to bottom.</param>
/// <param name="IsLogarithmic">Whether the axis goes by powers of ten.</param>
internal sealed record BarChart(string Title, string Subtitle, IReadOnlyList<BarGroup> Groups, bool IsLogarithmic)
{
    private const double Left = 232;
    private const double Right = SvgDocument.Width - 128;
    private const double Top = 68;
    private const double Row = 24;
    private const double Heading = 28;

    public string ToSvg()
    {
        var values = Groups.SelectMany(group => group.Bars).Select(bar => bar.Value).ToList();
        var scale = IsLogarithmic ? Scale.Logarithmic(values) : Scale.Linear(values);
        var svg = new SvgDocument(Title, Subtitle);
        var bottom = Top + Groups.Sum(group => Heading + (group.Bars.Count * Row)) + 6;
        foreach (var tick in scale.Ticks)
        {
            svg.Line(X(scale, tick), Top, X(scale, tick), bottom);
            svg.Text(X(scale, tick), bottom + 17, Scale.Label(tick), "muted", "middle");
        }

        var y = Top;
        foreach (var group in Groups)
        {
            svg.Text(20, y + 20, group.Title, "group");
            y += Heading;
            foreach (var bar in group.Bars)
            {
                // A bar of next to nothing is still there.
                var end = Math.Max(X(scale, bar.Value), Left + 2);
                svg.Text(Left - 10, y + 16, bar.Title, anchor: "end");
                svg.Rectangle(Left, y + 4, end - Left, Row - 8, bar.Role);
                svg.Text(end + 7, y + 16, bar.Text, "value");
                y += Row;
            }
        }

        return svg.ToSvg(bottom + 34);
    }

    private static double X(Scale scale, double value) => Left + (scale.Place(value) * (Right - Left));
}
