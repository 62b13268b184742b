using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Creates instances of <see cref="DataSource{TBatch}"/>.</summary>
public static class DataSource
{
    /// <summary>
    /// Creates a source of batches of items, combined by <see cref="Collate.Stack{TItem, TBatch}"/>: every tensor has one more dimension.
    /// </summary>
    /// <typeparam name="TItem">The type of an item and of a batch.</typeparam>
    /// <param name="dataset">The items. The caller disposes the data set.</param>
    /// <param name="options">The options; null for the defaults.</param>
    public static DataSource<TItem> From<TItem>(IDataset<TItem> dataset, DataSourceOptions? options = null) =>
        From(dataset, Collate.Stack<TItem, TItem>, options);

    /// <summary>Creates a source of batches of items with a collate function.</summary>
    /// <typeparam name="TItem">The type of an item.</typeparam>
    /// <typeparam name="TBatch">The type of a batch.</typeparam>
    /// <param name="dataset">The items. The caller disposes the data set.</param>
    /// <param name="collate">Combines items into a batch. With workers, it is called concurrently on their threads.</param>
    /// <param name="options">The options; null for the defaults.</param>
    public static DataSource<TBatch> From<TItem, TBatch>(
        IDataset<TItem> dataset, Func<IReadOnlyList<TItem>, TBatch> collate, DataSourceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(collate);
        return new DataSource<TBatch>(dataset.Count, arguments => collate(Load(dataset, arguments)), options);
    }

    /// <summary>
    /// Creates a source of batches of a TorchSharp data set, combined as in <see cref="From{TItem}(IDataset{TItem}, DataSourceOptions)"/>.
    /// </summary>
    /// <typeparam name="TItem">The type of an item and of a batch.</typeparam>
    /// <param name="dataset">The items. The caller disposes the data set.</param>
    /// <param name="options">The options; null for the defaults.</param>
    public static DataSource<TItem> From<TItem>(utils.data.Dataset<TItem> dataset, DataSourceOptions? options = null) =>
        From(new TorchDataset<TItem>(dataset), options);

    /// <summary>Creates a source of batches of rows of a tensor.</summary>
    /// <param name="rows">The data, with items along the first dimension. The source reads the tensor and does not dispose it.</param>
    /// <param name="options">The options; null for the defaults.</param>
    public static DataSource<Tensor> FromTensors(Tensor rows, DataSourceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new DataSource<Tensor>(rows.shape[0], arguments => Rows(rows, arguments), options);
    }

    /// <summary>Creates a source of batches of corresponding rows of two tensors, such as inputs and targets.</summary>
    /// <param name="inputs">
    /// The first tensor, with items along the first dimension. The source reads the tensor and does not dispose it.
    /// </param>
    /// <param name="targets">The second tensor, with the same number of items.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="ArgumentException">The tensors have different numbers of items.</exception>
    public static DataSource<(Tensor Inputs, Tensor Targets)> FromTensors(Tensor inputs, Tensor targets, DataSourceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        return inputs.shape[0] == targets.shape[0]
            ? new(inputs.shape[0], arguments => (Rows(inputs, arguments), Rows(targets, arguments)), options)
            : throw new ArgumentException(
                $"There are {inputs.shape[0]} inputs and {targets.shape[0]} targets. Provide one target per input.", nameof(targets));
    }

    private static TItem[] Load<TItem>(IDataset<TItem> dataset, MakeBatchArguments arguments)
    {
        var items = new TItem[arguments.Indices.Length];
        for (var position = 0; position < items.Length; position++)
        {
            arguments.CancellationToken.ThrowIfCancellationRequested();
            var wanted = arguments.ForItem(position);
            try
            {
                items[position] = dataset.GetItem(wanted);
            }
            catch (Exception exception)
            {
                throw new DataItemException(wanted.Index, exception);
            }
        }

        return items;
    }

    private static Tensor Rows(Tensor rows, MakeBatchArguments arguments)
    {
        using var places = NativeTensor.Of(arguments.Indices.Span, arguments.Indices.Length);
        return rows.index_select(0, places);
    }
}

/// <summary>The exception that is thrown when data cannot be loaded. The inner exception comes from the data set.</summary>
public sealed class DataSourceException : Exception
{
    /// <summary>Initializes a new instance of the <see cref="DataSourceException"/> class.</summary>
    public DataSourceException()
    {
    }

    /// <summary>Initializes a new instance with a message.</summary>
    /// <param name="message">The message, which names the data that could not be loaded.</param>
    public DataSourceException(string message)
        : base(message)
    {
    }

    /// <summary>Initializes a new instance with a message and an inner exception.</summary>
    /// <param name="message">The message, which names the data that could not be loaded.</param>
    /// <param name="innerException">The cause.</param>
    public DataSourceException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Gets the zero-based epoch; -1 if it is unknown.</summary>
    public int Epoch { get; init; } = -1;

    /// <summary>Gets the zero-based index of the batch in the epoch; -1 if it is unknown.</summary>
    public int Batch { get; init; } = -1;

    /// <summary>
    /// Gets the index of the item; -1 if the failure is not specific to one item, such as when a batch cannot be combined.
    /// </summary>
    public long Item { get; init; } = -1;
}

/// <summary>Carries the index of an item that could not be loaded to the place where its batch is known.</summary>
#pragma warning disable CA1032, CA1064 // Never leaves the assembly: DataSource turns it into what callers see.
internal sealed class DataItemException(long item, Exception cause) : Exception(cause.Message, cause)
#pragma warning restore CA1032, CA1064
{
    public long Item { get; } = item;
}
