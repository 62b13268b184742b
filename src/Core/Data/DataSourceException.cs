namespace Fulgurite;

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
