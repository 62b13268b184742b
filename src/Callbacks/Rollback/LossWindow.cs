using Fulgurite.State;

namespace Fulgurite.Callbacks;

/// <summary>Records the last losses and detects spikes.</summary>
/// <param name="capacity">The number of losses.</param>
internal sealed class LossWindow(int capacity)
{
    private readonly Queue<double> _losses = new();

    public void Add(double loss)
    {
        if (_losses.Count == capacity)
        {
            _losses.Dequeue();
        }

        _losses.Enqueue(loss);
    }

    /// <summary>
    /// Returns true if a loss exceeds a multiple of the median; false while the window is not full or the median is not positive.
    /// </summary>
    public bool IsSpike(double loss, double factor) => _losses.Count == capacity && Median() is var median and > 0 && loss > factor * median;

    public StateList StateDict() => new(_losses.Select(loss => (StateValue)loss));

    public void LoadStateDict(StateList losses)
    {
        _losses.Clear();
        foreach (var loss in losses.TakeLast(capacity))
        {
            _losses.Enqueue(loss.AsReal());
        }
    }

    private double Median()
    {
        var sorted = _losses.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
