namespace AttentionXml.Data;

/// <summary>What the user gave cannot be used; the message says what was found, what is expected and what to do.</summary>
internal sealed class InputException(string message, Exception? inner = null) : Exception(message, inner);
