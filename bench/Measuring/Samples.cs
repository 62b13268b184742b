namespace Fulgurite.Bench.Measuring;

/// <summary>Times of one thing, to be told by their median.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public int Count => _values.Count;

    public IReadOnlyList<double> Values => _values;

    public double Sum => _values.Sum();

    public double Max => _values.Count == 0 ? 0 : _values.Max();

    public double Median => Quantile(0.5);

    public void Add(double value) => _values.Add(value);

    public void Clear() => _values.Clear();

    public double Quantile(double part)
    {
        if (_values.Count == 0)
        {
            return 0;
        }

        var sorted = _values.Order().ToList();
        var place = part * (sorted.Count - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
