namespace Fulgurite.Data;

/// <summary>Carries the number of an item that could not be loaded to where its batch is known.</summary>
#pragma warning disable CA1032, CA1064 // Never leaves the assembly: DataSource turns it into what callers see.
internal sealed class DataItemException(long item, Exception cause) : Exception(cause.Message, cause)
#pragma warning restore CA1032, CA1064
{
    public long Item { get; } = item;
}
