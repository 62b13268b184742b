namespace Fulgurite.Bench.Report.Svg;

/// <summary>Lines over a few named places, on an axis of powers of ten, each named at its right end.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Subtitle">The unit.</param>
/// <param name="Places">From left to right.</param>
/// <param name="Lines">What is compared; as many values as there are places.</param>
internal sealed record LineChart(string Title, string Subtitle, IReadOnlyList<string> Places, IReadOnlyList<PlotLine> Lines)
{
    private const double Left = 74;
    private const double Right = SvgDocument.Width - 228;
    private const double Top = 76;
    private const double Bottom = 340;
    private const double LabelHeight = 17;

    public string ToSvg()
    {
        var scale = Scale.Logarithmic(Lines.SelectMany(line => line.Values));
        var svg = new SvgDocument(Title, Subtitle);
        foreach (var tick in scale.Ticks)
        {
            svg.Line(Left, Y(scale, tick), Right, Y(scale, tick));
            svg.Text(Left - 8, Y(scale, tick) + 4, Scale.Label(tick), "muted", "end");
        }

        for (var place = 0; place < Places.Count; place++)
        {
            svg.Text(X(place), Bottom + 22, Places[place], "muted", "middle");
        }

        // Ours is drawn last, so that it lies on top where lines meet.
        foreach (var line in Lines.Reverse())
        {
            var points = line.Values.Select((value, place) => (X: X(place), Y: Y(scale, value))).ToList();
            svg.Path(points, line.Role);
            points.ForEach(point => svg.Circle(point.X, point.Y, 3.5, line.Role));
        }

        foreach (var (line, y) in Lines.Zip(LabelPlaces(scale)))
        {
            svg.Rectangle(Right + 14, y - 6, 10, 10, line.Role);
            svg.Text(Right + 30, y + 4, line.Title);
        }

        return svg.ToSvg(Bottom + 42);
    }

    /// <summary>Beside the ends of the lines, moved apart where they would lie on each other.</summary>
    private List<double> LabelPlaces(Scale scale)
    {
        var ends = Lines.Select((line, index) => (Index: index, Y: Y(scale, line.Values[^1])))
            .OrderBy(end => end.Y)
            .ThenBy(end => end.Index)
            .ToList();
        var lowest = Bottom - ((ends.Count - 1) * LabelHeight);
        var places = new double[Lines.Count];
        var free = double.NegativeInfinity;
        for (var rank = 0; rank < ends.Count; rank++)
        {
            free = Math.Min(Math.Max(ends[rank].Y, free), lowest + (rank * LabelHeight));
            places[ends[rank].Index] = free;
            free += LabelHeight;
        }

        return [.. places];
    }

    private double X(int place) => Left + 30 + (place * (Right - Left - 60) / Math.Max(1, Places.Count - 1));

    private static double Y(Scale scale, double value) => Bottom - (scale.Place(value) * (Bottom - Top));
}
