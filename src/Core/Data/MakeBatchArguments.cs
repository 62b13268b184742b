namespace Fulgurite.Data;

/// <summary>Which batch is wanted.</summary>
/// <param name="Batch">Its number in the epoch, from zero.</param>
/// <param name="Epoch">The number of the epoch, from zero.</param>
/// <param name="Indices">The numbers of its items, in order.</param>
/// <param name="SourceSeed">The seed of the source.</param>
/// <param name="CancellationToken">Says that nobody wants the batch any more.</param>
public readonly record struct MakeBatchArguments(int Batch, int Epoch, ReadOnlyMemory<long> Indices, long SourceSeed, CancellationToken CancellationToken)
{
    /// <summary>What loading one of the items is told.</summary>
    /// <param name="position">Its position in <see cref="Indices"/>.</param>
    public GetItemArguments ForItem(int position)
    {
        var index = Indices.Span[position];
        return new GetItemArguments(index, Epoch, SeedMix.Combine(SourceSeed, Epoch, index), CancellationToken);
    }
}
