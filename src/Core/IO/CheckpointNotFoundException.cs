namespace Fulgurite.IO;

/// <summary>There is no checkpoint at the path.</summary>
/// <param name="path">The path.</param>
/// <param name="detail">What else is there, or what to do; null for nothing to say.</param>
public sealed class CheckpointNotFoundException(string path, string? detail = null)
    : CheckpointException($"There is no checkpoint at '{path}'.{(detail is null ? string.Empty : " " + detail)}", path)
{
}
