namespace Fulgurite.Loggers;

/// <summary>
/// A curve of bounded size: when it has too many points, neighbouring points are averaged, and so are later ones. A curve of a million
/// steps looks the same and stays drawable in a browser.
/// </summary>
internal sealed class Series
{
    /// <summary>The maximum number of points; more than the pixel columns of a chart.</summary>
    public const int Limit = 1500;

    private readonly List<(long Step, double Value)> _points = [];
    private int _pending;
    private double _sum;

    /// <summary>Gets the points so far, without incomplete averages.</summary>
    public IReadOnlyList<(long Step, double Value)> Points => _points;

    /// <summary>Gets the number of values per point; earlier points changed if it did.</summary>
    public int Stride { get; private set; } = 1;

    /// <summary>Gets the latest value, averaged or not.</summary>
    public double Last { get; private set; } = double.NaN;

    public void Add(long step, double value)
    {
        Last = value;
        if (!double.IsFinite(value))
        {
            return; // There is no place for it on a chart; the tables of other loggers have it.
        }

        _sum += value;
        if (++_pending < Stride)
        {
            return;
        }

        _points.Add((step, _sum / _pending));
        (_sum, _pending) = (0, 0);
        if (_points.Count >= Limit)
        {
            Thin();
        }
    }

    private void Thin()
    {
        for (var index = 0; index < _points.Count / 2; index++)
        {
            var (first, second) = (_points[index * 2], _points[(index * 2) + 1]);
            _points[index] = (second.Step, (first.Value + second.Value) / 2);
        }

        _points.RemoveRange(_points.Count / 2, _points.Count - (_points.Count / 2));
        Stride *= 2;
    }
}
