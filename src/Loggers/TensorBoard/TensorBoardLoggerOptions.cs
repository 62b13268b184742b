namespace Fulgurite.Loggers;

/// <summary>Where a <see cref="TensorBoardLogger"/> writes.</summary>
public sealed class TensorBoardLoggerOptions : FileLoggerOptions
{
    /// <summary>Sets the name under which TensorBoard shows the run: that of a folder. Default: run.</summary>
    public TensorBoardLoggerOptions() => Name = "run";
}
