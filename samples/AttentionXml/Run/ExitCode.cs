namespace AttentionXml.Run;

/// <summary>The exit codes of the program.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>A failure that is not caused by invalid input.</summary>
    public const int Failure = 1;

    /// <summary>Invalid options, data or checkpoint.</summary>
    public const int BadInput = 2;
}
