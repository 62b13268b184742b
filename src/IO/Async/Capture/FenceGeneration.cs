namespace Fulgurite.IO;

/// <summary>The number of fence passages; while it is unchanged, no state that is stable until the fence may have changed.</summary>
internal sealed class FenceGeneration
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    /// <summary>Counts a passage. Called by the training thread after the last capture has ended and before anything changes.</summary>
    public void Pass() => Interlocked.Increment(ref _value);
}
