namespace Fulgurite.IO;

/// <summary>What was taken last.</summary>
/// <param name="IsResumePoint">Whether a run resumes from it.</param>
/// <param name="Shared">Its captured state, which is not kept alive for this; null for none.</param>
internal readonly record struct LastTaken(bool IsResumePoint, WeakReference? Shared);
