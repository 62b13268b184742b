namespace Fulgurite.Loggers;

/// <summary>
/// A curve of bounded size: once there are too many points, neighbours become their mean, and so do those that follow. A curve of a million
/// steps looks the same and a browser can still draw it.
/// </summary>
internal sealed class Series
{
    /// <summary>The most points that are kept; more than a screen has columns for a chart.</summary>
    public const int Limit = 1500;

    private readonly List<(long Step, double Value)> _points = [];
    private int _stride = 1;
    private int _pending;
    private double _sum;

    /// <summary>The points so far, those that still wait for their neighbours left out.</summary>
    public IReadOnlyList<(long Step, double Value)> Points => _points;

    /// <summary>The newest value, thinned out or not.</summary>
    public double Last { get; private set; } = double.NaN;

    public void Add(long step, double value)
    {
        Last = value;
        if (!double.IsFinite(value))
        {
            return; // There is no place for it on a chart; the tables of other loggers have it.
        }

        _sum += value;
        if (++_pending < _stride)
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
        _stride *= 2;
    }
}
