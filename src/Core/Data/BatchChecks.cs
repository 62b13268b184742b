namespace Fulgurite;

/// <summary>Errors of data that the loops share.</summary>
internal static class BatchChecks
{
    /// <summary>Returns a batch that is not null.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="data">The name of the data, e.g. <c>training</c>.</param>
    /// <param name="index">The number of the batch, from zero.</param>
    /// <exception cref="InvalidOperationException">The batch is null.</exception>
    public static TBatch NotNull<TBatch>(TBatch batch, string data, int index) => batch is not null
        ? batch
        : throw new InvalidOperationException($"Batch {index} of the {data} data is null. Leave out what could not be loaded, or make the data throw where it fails.");

    /// <summary>The error of data without batches.</summary>
    /// <param name="data">The name of the data, e.g. <c>training</c>.</param>
    /// <param name="epoch">The epoch in which it was asked for batches.</param>
    public static InvalidOperationException NoBatch(string data, int epoch) => new(
        $"The {data} data gave no batch. It was enumerated in epoch {epoch}: check that the data set is not empty and that its batches can be enumerated again for every epoch.");
}
