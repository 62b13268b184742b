namespace Fulgurite.Bench.Stall;

/// <summary>One way of saving, ours or a peer's.</summary>
internal interface IStallArm : IDisposable
{
    /// <summary>Runs one round of steps and saves.</summary>
    /// <param name="isWarmUp">Whether it does not count.</param>
    void Round(bool isWarmUp);

    /// <summary>Prints what was found.</summary>
    void Report();
}
