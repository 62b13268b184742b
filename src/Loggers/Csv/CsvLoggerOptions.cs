namespace Fulgurite.Loggers;

/// <summary>Where a <see cref="CsvLogger"/> writes.</summary>
public sealed class CsvLoggerOptions : FileLoggerOptions;
