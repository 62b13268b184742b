namespace Fulgurite.Callbacks;

/// <summary>Recognizes exhausted memory by the text of the error message, because libtorch has no error code for it.</summary>
internal static class MemoryShortage
{
    private static readonly string[] Words = ["out of memory", "can't allocate memory", "not enough memory", "CUDNN_STATUS_ALLOC_FAILED", "CUBLAS_STATUS_ALLOC_FAILED"];

    public static bool Is(Exception exception) =>
        exception is OutOfMemoryException || Words.Any(word => exception.Message.Contains(word, StringComparison.OrdinalIgnoreCase));
}
