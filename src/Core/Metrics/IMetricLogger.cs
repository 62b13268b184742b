namespace Fulgurite;

/// <summary>Where metrics of a run go: a file, a server, a screen. Called on the thread of the run; must not hold it up.</summary>
/// <remarks>
/// A logger that derives from <see cref="Callbacks.Callback"/> as well hears all hooks of the run, so when it begins, goes on from a
/// checkpoint, saves and ends; it is then one of the trainer's callbacks, after those that were added as such.
/// </remarks>
public interface IMetricLogger
{
    /// <summary>Takes metrics of one moment.</summary>
    /// <param name="metrics">The values by name.</param>
    /// <param name="globalStep">The number of optimizer steps done.</param>
    /// <param name="epoch">The number of epochs completed.</param>
    void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch);

    /// <summary>Takes a text. Default: nothing happens.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="text">The text; Markdown where a logger knows that.</param>
    /// <param name="globalStep">The number of optimizer steps done.</param>
    void LogText(string name, string text, long globalStep)
    {
    }

    /// <summary>Takes many numbers as a distribution, such as the weights of a layer. Default: nothing happens.</summary>
    /// <param name="name">What they are.</param>
    /// <param name="values">The numbers; read before this returns.</param>
    /// <param name="globalStep">The number of optimizer steps done.</param>
    void LogHistogram(string name, ReadOnlySpan<double> values, long globalStep)
    {
    }

    /// <summary>
    /// Hears of a checkpoint of the run that became durable: its path, score (<see cref="SaveOptions.Score"/>), bytes and times. Default:
    /// nothing happens.
    /// </summary>
    /// <param name="operation">What is known of the save.</param>
    /// <param name="globalStep">The number of optimizer steps of the saved state; the run may have progressed since.</param>
    void LogCheckpoint(SaveOperation operation, long globalStep)
    {
    }
}
