namespace Fulgurite.Callbacks;

/// <summary>Which checkpoints are better: by a metric, a value that is no number being the worst, and by age where that is the same.</summary>
/// <param name="Mode">Which values of the metric are better.</param>
/// <param name="Ties">Which of two with the same value is better.</param>
public sealed record CheckpointRanking(MonitorMode Mode, TieRule Ties = TieRule.Earliest) : IComparer<SavedCheckpoint>
{
    /// <summary>The worst value there is, which stands for one that is no number.</summary>
    public double Worst => Mode == MonitorMode.Min ? double.PositiveInfinity : double.NegativeInfinity;

    /// <summary>A value to compare: itself, or the worst one where it is no number.</summary>
    /// <param name="value">The value.</param>
    public double Normalize(double value) => double.IsNaN(value) ? Worst : value;

    /// <summary>Whether a value is better than another one; a tie is better only by <see cref="TieRule.Latest"/>.</summary>
    /// <param name="value">The newer one.</param>
    /// <param name="other">The older one.</param>
    public bool Improves(double value, double other)
    {
        var order = Normalize(value).CompareTo(Normalize(other));
        return order == 0 ? Ties == TieRule.Latest : order < 0 == (Mode == MonitorMode.Min);
    }

    /// <summary>Less than zero where the first one is better, more where the second one is.</summary>
    /// <param name="x">The first.</param>
    /// <param name="y">The second.</param>
    public int Compare(SavedCheckpoint? x, SavedCheckpoint? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        var byScore = Normalize(x.Score).CompareTo(Normalize(y.Score));
        var byAge = x.Number.CompareTo(y.Number);
        return byScore != 0
            ? (Mode == MonitorMode.Min ? byScore : -byScore)
            : (Ties == TieRule.Earliest ? byAge : -byAge);
    }
}

/// <summary>Which values of a metric are better.</summary>
public enum MonitorMode
{
    /// <summary>Smaller ones, as of a loss.</summary>
    Min,

    /// <summary>Larger ones, as of an accuracy.</summary>
    Max,
}

/// <summary>Which of two checkpoints with the same metric is the better one.</summary>
public enum TieRule
{
    /// <summary>The earlier one: a tie replaces nothing.</summary>
    Earliest,

    /// <summary>The later one, which has trained for longer.</summary>
    Latest,
}
