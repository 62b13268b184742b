namespace Fulgurite.IO;

/// <summary>The last item taken from the queue.</summary>
/// <param name="IsResumePoint">Whether it is a resume point.</param>
/// <param name="Shared">Its captured state, as a weak reference; null if there is none.</param>
internal readonly record struct LastTaken(bool IsResumePoint, WeakReference? Shared);
