namespace Fulgurite.Callbacks;

/// <summary>Ranks checkpoints by a metric, with NaN as the worst value, and by age if the values are equal.</summary>
/// <param name="Mode">Whether smaller or larger values of the metric are better.</param>
/// <param name="Ties">Determines the better of two checkpoints with equal values.</param>
public sealed record CheckpointRanking(MonitorMode Mode, TieRule Ties = TieRule.Earliest) : IComparer<SavedCheckpoint>
{
    /// <summary>Gets the worst possible value, which also ranks NaN.</summary>
    public double Worst => Mode == MonitorMode.Min ? double.PositiveInfinity : double.NegativeInfinity;

    /// <summary>Returns the value for comparisons: the worst value for NaN, otherwise the value itself.</summary>
    /// <param name="value">The value.</param>
    public double Normalize(double value) => double.IsNaN(value) ? Worst : value;

    /// <summary>Returns true if a value is better than another; a tie is better only with <see cref="TieRule.Latest"/>.</summary>
    /// <param name="value">The newer value.</param>
    /// <param name="other">The older value.</param>
    public bool Improves(double value, double other)
    {
        var order = Normalize(value).CompareTo(Normalize(other));
        return order == 0 ? Ties == TieRule.Latest : order < 0 == (Mode == MonitorMode.Min);
    }

    /// <summary>
    /// Compares two checkpoints; returns a negative number if the first is better, and a positive number if the second is.
    /// </summary>
    /// <param name="x">The first checkpoint.</param>
    /// <param name="y">The second checkpoint.</param>
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

/// <summary>Specifies which of two checkpoints with the same metric is better.</summary>
public enum TieRule
{
    /// <summary>The earlier checkpoint is better: a tie replaces nothing.</summary>
    Earliest,

    /// <summary>The later checkpoint, which has trained longer, is better.</summary>
    Latest,
}
