using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;
using Fulgurite.State;
using Fulgurite.Testing;

namespace Fulgurite.Bench.Crash;

/// <summary>Saves for a long time, with rotation, and measures what the process holds after a tenth of the saves and at the end.</summary>
internal static class SoakRun
{
    /// <summary>Saves.</summary>
    /// <param name="folder">The folder for the files.</param>
    /// <param name="saves">The number of saves.</param>
    /// <param name="tally">The counts.</param>
    public static async Task<JsonObject> RunAsync(string folder, int saves, CrashTally tally)
    {
        var more = new JsonObject { ["saves"] = saves };
        await using var io = new AsyncCheckpointIO(new TorchCheckpointIO());
        for (var number = 1; number <= saves; number++)
        {
            using var state = SampleStates.Small(number);
            await io.SaveCheckpointAsync(
                state, Path.Combine(folder, number % 3 == 0 ? $"best-{number}" : "last"), null, CancellationToken.None);
            if (number % 3 == 0 && number > 9)
            {
                await io.RemoveCheckpointAsync(Path.Combine(folder, $"best-{number - 9}"), CancellationToken.None);
            }

            if (number == saves / 10 || number == saves)
            {
                Measure(more, number == saves ? "end" : "start", folder);
            }
        }

        if ((int)more["files_end"]! > (int)more["files_start"]! || (int)more["handles_end"]! > (int)more["handles_start"]! + 8
            || (int)more["threads_end"]! > (int)more["threads_start"]! + 8)
        {
            tally.AddMismatched($"soak: {more.ToJsonString()}");
        }

        return more;
    }

    private static void Measure(JsonObject more, string when, string folder)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        more[$"rss_mb_{when}"] = JsonLine.Round(process.WorkingSet64 / (double)(1 << 20));
        more[$"managed_mb_{when}"] = JsonLine.Round(GC.GetTotalMemory(forceFullCollection: true) / (double)(1 << 20));
        more[$"handles_{when}"] = Directory.Exists("/proc/self/fd")
            ? Directory.GetFileSystemEntries("/proc/self/fd").Length
            : process.HandleCount;
        more[$"threads_{when}"] = process.Threads.Count;
        more[$"files_{when}"] = Directory.GetFileSystemEntries(folder).Length;
    }
}
