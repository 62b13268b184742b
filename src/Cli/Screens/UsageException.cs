namespace Fulgurite.Cli;

/// <summary>The exception for an invalid command line; the message contains the remedy.</summary>
internal sealed class UsageException(string message) : Exception(message);
