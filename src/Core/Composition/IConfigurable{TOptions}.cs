namespace Fulgurite.Composition;

/// <summary>
/// A strategy, <see cref="IO.CheckpointIO"/>, callback or logger that is made with options: it takes an object of the class in its
/// constructor, and the builder configures, validates and passes it.
/// </summary>
/// <typeparam name="TOptions">The class of the options: no constructor arguments, every default in its initialiser.</typeparam>
public interface IConfigurable<out TOptions>
    where TOptions : class
{
    /// <summary>The options that it was made with. Changing them afterwards has no effect that can be relied on.</summary>
    TOptions Options { get; }
}
