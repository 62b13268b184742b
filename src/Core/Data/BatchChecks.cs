namespace Fulgurite;

/// <summary>Data errors shared by the loops.</summary>
internal static class BatchChecks
{
    /// <summary>Returns a batch that is not null.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="data">The name of the data, e.g. <c>training</c>.</param>
    /// <param name="index">The zero-based index of the batch.</param>
    /// <exception cref="InvalidOperationException">The batch is null.</exception>
    public static TBatch NotNull<TBatch>(TBatch batch, string data, int index) => batch is not null
        ? batch
        : throw new InvalidOperationException($"Batch {index} of the {data} data is null. Skip items that cannot be loaded, or throw an exception.");

    /// <summary>Creates the exception for data without batches.</summary>
    /// <param name="data">The name of the data, e.g. <c>training</c>.</param>
    /// <param name="epoch">The epoch in which batches were requested.</param>
    public static InvalidOperationException NoBatch(string data, int epoch) => new(
        $"The {data} data returned no batches. It was enumerated in epoch {epoch}: check that the data set is not empty and that its batches can be enumerated again for every epoch.");
}
