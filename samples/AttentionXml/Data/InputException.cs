namespace AttentionXml.Data;

/// <summary>Invalid input; the message contains the found and expected input, and the remedy.</summary>
internal class InputException(string message, Exception? inner = null) : Exception(message, inner);
