namespace Fulgurite.IO;

/// <summary>What a capture may take, and what happens where that is not there.</summary>
/// <param name="Budget">How much memory snapshots may take in all, for a snapshot of so many bytes of its own and so many that snapshots share.</param>
/// <param name="MakeRoom">Gives up what a newer save makes needless. Called once everything that may refuse the save has been asked.</param>
/// <param name="OnWait">Called when there is still no room and the capture waits for some, with the budget.</param>
internal readonly record struct CaptureBudget(Func<long, long, long> Budget, Action MakeRoom, Action<long> OnWait);
