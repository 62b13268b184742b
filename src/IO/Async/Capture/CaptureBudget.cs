namespace Fulgurite.IO;

/// <summary>The memory limit of a capture, and the actions to take when it is reached.</summary>
/// <param name="Budget">Returns the maximum memory of all snapshots, given the own and the shared bytes of the snapshot.</param>
/// <param name="MakeRoom">Supersedes older saves. Called after all checks that may refuse the save.</param>
/// <param name="OnWait">Called with the budget if there is still no room and the capture waits.</param>
internal readonly record struct CaptureBudget(Func<long, long, long> Budget, Action MakeRoom, Action<long> OnWait);
