namespace Fulgurite;

/// <summary>Receives the metrics of a run, e.g. to write them to a file or server. Called on the training thread; must not block.</summary>
/// <remarks>
/// A logger that also derives from <see cref="Callback"/> receives all hooks of the run, such as its start, resumption, saves and
/// end. It is then a callback of the trainer, after those that were added explicitly.
/// </remarks>
public interface IMetricLogger
{
    /// <summary>Logs metrics of one step.</summary>
    /// <param name="metrics">The values by name.</param>
    /// <param name="globalStep">The number of completed optimizer steps.</param>
    /// <param name="epoch">The number of completed epochs.</param>
    void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch);

    /// <summary>Logs a text. The default implementation does nothing.</summary>
    /// <param name="name">The name of the text.</param>
    /// <param name="text">The text, which may contain Markdown if the logger supports it.</param>
    /// <param name="globalStep">The number of completed optimizer steps.</param>
    void LogText(string name, string text, long globalStep)
    {
    }

    /// <summary>Logs a distribution, such as the weights of a layer. The default implementation does nothing.</summary>
    /// <param name="name">The name of the distribution.</param>
    /// <param name="values">The values. The span is valid only during the call.</param>
    /// <param name="globalStep">The number of completed optimizer steps.</param>
    void LogHistogram(string name, ReadOnlySpan<double> values, long globalStep)
    {
    }

    /// <summary>
    /// Logs a checkpoint that became durable: its path, score (<see cref="SaveOptions.Score"/>), size and times. The default implementation
    /// does nothing.
    /// </summary>
    /// <param name="operation">The save operation.</param>
    /// <param name="globalStep">The number of optimizer steps of the saved state; the run may have progressed since.</param>
    void LogCheckpoint(SaveOperation operation, long globalStep)
    {
    }
}
