namespace Fulgurite;

/// <summary>
/// A metric whose state can be merged with that of another instance. The trainer merges the states of all processes before it computes
/// the value. The value of a metric without this interface is the mean over the processes.
/// </summary>
public interface IMergeableMetric : IMetric
{
    /// <summary>Returns the accumulated state as numbers. Their count may differ between processes.</summary>
    double[] Pack();

    /// <summary>Adds a state to the accumulated state.</summary>
    /// <param name="packed">The result of <see cref="Pack"/> of an instance with the same settings.</param>
    void Merge(ReadOnlySpan<double> packed);
}
