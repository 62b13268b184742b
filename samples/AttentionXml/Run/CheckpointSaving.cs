namespace AttentionXml.Run;

/// <summary>The values of <c>--io</c>.</summary>
internal static class CheckpointSaving
{
    public const string Async = "async", Torch = "torch", Incremental = "incremental";

    public static readonly string[] Names = [Async, Torch, Incremental];
}
