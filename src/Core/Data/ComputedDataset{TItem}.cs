namespace Fulgurite.Data;

/// <summary>Items that a function gives.</summary>
internal sealed class ComputedDataset<TItem>(long count, Func<GetItemArguments, TItem> load) : IDataset<TItem>
{
    public long Count => count;

    public TItem GetItem(GetItemArguments arguments) => load(arguments);
}
