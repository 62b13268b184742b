namespace Fulgurite.IO.Pickle;

/// <summary>A pickle is damaged or asks for something that is refused. Whoever reads the file says which file it is.</summary>
/// <param name="message">What was found and why it is refused.</param>
/// <param name="offset">Where in the file, in bytes.</param>
internal sealed class PickleException(string message, long offset) : Exception(message)
{
    public long Offset { get; } = offset;
}
