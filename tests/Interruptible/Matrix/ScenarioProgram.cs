using System.Globalization;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Interruptible.Matrix;

/// <summary>A scenario in a process of its own, which waits to be killed where the scenario says.</summary>
internal static class ScenarioProgram
{
    public const string Name = "matrix";
    public const string Ready = "ready";

    /// <summary>Where a scenario writes files.</summary>
    public static CheckpointIO Storage(Scenario scenario) =>
        scenario.Background ? new AsyncCheckpointIO(new TorchCheckpointIO()) : new TorchCheckpointIO();

    /// <summary>Runs it. Arguments: the number of the scenario, the folder of its files, and how many threads compute.</summary>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        set_num_threads(int.Parse(arguments[2], CultureInfo.InvariantCulture));
        var scenario = Scenario.Of(long.Parse(arguments[0], CultureInfo.InvariantCulture));
        await using var storage = Storage(scenario);
        new ScenarioRun(scenario, storage, arguments[1]).FitAndStop(() =>
        {
            Console.WriteLine(Ready);
            Thread.Sleep(Timeout.Infinite);
        });
    }
}
