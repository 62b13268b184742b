using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Makes <see cref="DataSource{TBatch}"/>s.</summary>
public static class DataSource
{
    /// <summary>Batches of items, put together by <see cref="Collate.Stack{TItem, TBatch}"/>: every tensor of a batch has one dimension more.</summary>
    /// <typeparam name="TItem">What an item is; a batch is the same type.</typeparam>
    /// <param name="dataset">The items. Whoever made it disposes it.</param>
    /// <param name="options">How; null for the defaults.</param>
    public static DataSource<TItem> From<TItem>(IDataset<TItem> dataset, DataSourceOptions? options = null) =>
        From(dataset, Collate.Stack<TItem, TItem>, options);

    /// <summary>Batches of items.</summary>
    /// <typeparam name="TItem">What an item is.</typeparam>
    /// <typeparam name="TBatch">What a batch is.</typeparam>
    /// <param name="dataset">The items. Whoever made it disposes it.</param>
    /// <param name="collate">Puts the items of a batch together; with workers on their threads, several at a time.</param>
    /// <param name="options">How; null for the defaults.</param>
    public static DataSource<TBatch> From<TItem, TBatch>(IDataset<TItem> dataset, Func<IReadOnlyList<TItem>, TBatch> collate, DataSourceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(collate);
        return new DataSource<TBatch>(dataset.Count, arguments => collate(Load(dataset, arguments)), options);
    }

    /// <summary>Batches of the items of a data set of TorchSharp, put together as <see cref="From{TItem}(IDataset{TItem}, DataSourceOptions)"/> does.</summary>
    /// <typeparam name="TItem">What an item is; a batch is the same type.</typeparam>
    /// <param name="dataset">The items. Whoever made it disposes it.</param>
    /// <param name="options">How; null for the defaults.</param>
    public static DataSource<TItem> From<TItem>(utils.data.Dataset<TItem> dataset, DataSourceOptions? options = null) =>
        From(new TorchDataset<TItem>(dataset), options);

    /// <summary>Batches of rows of a tensor.</summary>
    /// <param name="rows">The data, items along the first dimension. The source reads it and does not dispose it.</param>
    /// <param name="options">How; null for the defaults.</param>
    public static DataSource<Tensor> FromTensors(Tensor rows, DataSourceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new DataSource<Tensor>(rows.shape[0], arguments => Rows(rows, arguments), options);
    }

    /// <summary>Batches of the same rows of two tensors, such as inputs and targets.</summary>
    /// <param name="inputs">The first, items along the first dimension. The source reads it and does not dispose it.</param>
    /// <param name="targets">The second, of as many items.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentException">They differ in their number of items.</exception>
    public static DataSource<(Tensor Inputs, Tensor Targets)> FromTensors(Tensor inputs, Tensor targets, DataSourceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        return inputs.shape[0] == targets.shape[0]
            ? new(inputs.shape[0], arguments => (Rows(inputs, arguments), Rows(targets, arguments)), options)
            : throw new ArgumentException($"There are {inputs.shape[0]} inputs and {targets.shape[0]} targets. Give a target for every input.", nameof(targets));
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
