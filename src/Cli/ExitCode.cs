namespace Fulgurite.Cli;

/// <summary>How the tool ends.</summary>
internal static class ExitCode
{
    /// <summary>Done; nothing is wrong or different.</summary>
    public const int Success = 0;

    /// <summary>A file is damaged, or two differ.</summary>
    public const int Difference = 1;

    /// <summary>The command line is wrong, or names what is not there.</summary>
    public const int WrongUse = 2;

    /// <summary>Reading or writing failed: no permission, a full disk.</summary>
    public const int Failure = 3;

    /// <summary>Ctrl-C.</summary>
    public const int Interrupted = 130;
}
