namespace Fulgurite;

/// <summary>Data could not be loaded. The inner exception is that of the data set.</summary>
public sealed class DataSourceException : Exception
{
    /// <summary>Makes an exception that says nothing.</summary>
    public DataSourceException()
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What could not be loaded.</param>
    public DataSourceException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What could not be loaded.</param>
    /// <param name="innerException">Why.</param>
    public DataSourceException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The number of the epoch; -1 where that is not known.</summary>
    public int Epoch { get; init; } = -1;

    /// <summary>The number of the batch in the epoch; -1 where that is not known.</summary>
    public int Batch { get; init; } = -1;

    /// <summary>The number of the item; -1 where no single one is to blame, such as when a batch could not be put together.</summary>
    public long Item { get; init; } = -1;
}

/// <summary>Carries the number of an item that could not be loaded to where its batch is known.</summary>
#pragma warning disable CA1032, CA1064 // Never leaves the assembly: DataSource turns it into what callers see.
internal sealed class DataItemException(long item, Exception cause) : Exception(cause.Message, cause)
#pragma warning restore CA1032, CA1064
{
    public long Item { get; } = item;
}
