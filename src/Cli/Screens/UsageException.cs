namespace Fulgurite.Cli;

/// <summary>The command line asks for what cannot be done; the message says what to write instead.</summary>
internal sealed class UsageException(string message) : Exception(message);
