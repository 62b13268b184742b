using static TorchSharp.torch;

namespace Fulgurite.Data;

/// <summary>A data set of TorchSharp as one of ours.</summary>
internal sealed class TorchDataset<TItem> : IDataset<TItem>
{
    private readonly utils.data.Dataset<TItem> _dataset;

    public TorchDataset(utils.data.Dataset<TItem> dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        _dataset = dataset;
    }

    public long Count => _dataset.Count;

    public TItem GetItem(GetItemArguments arguments) => _dataset.GetTensor(arguments.Index);
}
