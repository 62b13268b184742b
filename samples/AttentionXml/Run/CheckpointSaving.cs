namespace AttentionXml.Run;

/// <summary>The ways to save checkpoints that <c>--io</c> knows.</summary>
internal static class CheckpointSaving
{
    public const string Async = "async", Torch = "torch";

    public static readonly string[] Names = [Async, Torch];
}
