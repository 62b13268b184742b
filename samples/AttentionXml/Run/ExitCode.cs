namespace AttentionXml.Run;

/// <summary>What the program tells whoever started it.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>Something failed that the user did not ask for wrongly.</summary>
    public const int Failure = 1;

    /// <summary>Options, data or the checkpoint to go on from cannot be used.</summary>
    public const int BadInput = 2;
}
