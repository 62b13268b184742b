namespace Fulgurite.Cli;

/// <summary>The exit codes of the tool.</summary>
internal static class ExitCode
{
    /// <summary>Success; no damage or difference was found.</summary>
    public const int Success = 0;

    /// <summary>A file is damaged, or two files differ.</summary>
    public const int Difference = 1;

    /// <summary>The command line is invalid, or names something that does not exist.</summary>
    public const int WrongUse = 2;

    /// <summary>Reading or writing failed, e.g. due to missing permission or a full disk.</summary>
    public const int Failure = 3;

    /// <summary>Interrupted by Ctrl-C.</summary>
    public const int Interrupted = 130;
}
