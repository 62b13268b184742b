namespace Fulgurite.IO;

/// <summary>How often the fence was passed: as long as it is the same, nothing that is stable until the fence may have changed.</summary>
internal sealed class FenceGeneration
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    /// <summary>Counts a passage. By the training thread, after the last capture has ended and before anything changes.</summary>
    public void Pass() => Interlocked.Increment(ref _value);
}
