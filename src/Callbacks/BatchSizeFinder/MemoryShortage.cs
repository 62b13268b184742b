namespace Fulgurite.Callbacks;

/// <summary>Tells a lack of memory from other failures: the engine says it in words only.</summary>
internal static class MemoryShortage
{
    private static readonly string[] Words = ["out of memory", "can't allocate memory", "not enough memory", "CUDNN_STATUS_ALLOC_FAILED", "CUBLAS_STATUS_ALLOC_FAILED"];

    public static bool Is(Exception exception) =>
        exception is OutOfMemoryException || Words.Any(word => exception.Message.Contains(word, StringComparison.OrdinalIgnoreCase));
}
