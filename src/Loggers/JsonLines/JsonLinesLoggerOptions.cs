namespace Fulgurite.Loggers;

/// <summary>Where a <see cref="JsonLinesLogger"/> writes.</summary>
public sealed class JsonLinesLoggerOptions : FileLoggerOptions;
