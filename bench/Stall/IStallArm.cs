namespace Fulgurite.Bench.Stall;

/// <summary>One way of saving, ours or a peer's.</summary>
internal interface IStallArm : IDisposable
{
    /// <summary>Runs one round of steps and saves.</summary>
    /// <param name="isWarmUp">Whether it does not count.</param>
    void Round(bool isWarmUp);

    /// <summary>The rounds that count: seconds from the first step to the last save being durable.</summary>
    IReadOnlyList<double> TotalSeconds { get; }

    /// <summary>The rounds that count: seconds from the first step to the last, what was still being written then left out.</summary>
    IReadOnlyList<double> TrainSeconds { get; }

    /// <summary>Prints what was found.</summary>
    /// <param name="baseline">The way that does not save, if that was measured.</param>
    void Report(IStallArm? baseline);
}
