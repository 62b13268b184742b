using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Crash;

/// <summary>The numbers of a run of <c>crash</c>; zero leaves a part out.</summary>
internal sealed record CrashSettings(
    string Directory, int Seed, int Parallel, int Kills, int Disturbances, Disturbance? Only, bool Faults, bool Traced, int States,
    int Disks, int Soak, int TreeKills);

/// <summary>Runs the parts of <c>crash</c> and prints a line for each, and one for all.</summary>
internal static class CrashRun
{
    /// <summary>Kills processes that train together, and prints a line after each training; the last one counts them all.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunRanksAsync(string directory, int seed, int kills, int ranks)
    {
        if (RanksRun.Installed.Count == 0)
        {
            Console.Error.WriteLine("There is no mpirun.openmpi or mpirun.mpich; eng/mpi.sh installs them.");
            return 1;
        }

        var clock = Stopwatch.StartNew();
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(directory), $"ranks-{Environment.ProcessId}")).FullName;
        var tally = new CrashTally();
        try
        {
            await new RanksRun(folder, tally, ranks, RanksRun.Installed).RunAsync(
                kills, seed, more => tally.Print("ranks", seed, clock.Elapsed.TotalSeconds, more));
            return tally.HasFailures ? 1 : 0;
        }
        finally
        {
            if (!tally.HasFailures)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>Runs.</summary>
    /// <param name="settings">The numbers.</param>
    /// <returns>The counts.</returns>
    public static async Task<CrashTally> RunAsync(CrashSettings settings)
    {
        var all = new CrashTally();
        var clock = Stopwatch.StartNew();
        var folder = Directory.CreateDirectory(Path.Combine(settings.Directory, $"crash-{Environment.ProcessId}")).FullName;
        try
        {
            if (settings.States > 0)
            {
                await PartAsync("states", tally => Task.Run(() => new PowerCutRun(folder, tally).Run(settings.States, settings.Seed)));
            }

            if (settings.Faults)
            {
                await PartAsync("faults", tally => new FaultRun(folder, tally).RunAsync(FaultRun.Errors));
            }

            if (settings.Traced && TracedSaves.IsAvailable)
            {
                await PartAsync("traced", tally => new TracedSaves(folder, tally).RunAsync(settings.Parallel));
            }

            if (settings.Disks > 0)
            {
                await RunPartAsync("disks", async (tally, more) =>
                {
                    var (disks, failed) = await new ThinDiskRun(folder, tally).RunAsync(settings.Disks, settings.Seed);
                    (more["disks"], more["failed_saves"]) = (disks, failed);
                });
            }

            if (settings.Kills + settings.Disturbances > 0)
            {
                var reference = await DisturbedRun.ReferenceAsync();
                if (settings.Kills > 0)
                {
                    await PartAsync(
                        "kills",
                        tally => new DisturbedRun(folder, tally, reference).RunAsync(
                            settings.Kills, settings.Seed, settings.Parallel, Disturbance.Kill));
                    var fused = await DisturbedRun.ReferenceAsync(isFused: true);
                    await PartAsync(
                        "kills-fused",
                        tally => new DisturbedRun(folder, tally, fused, isFused: true).RunAsync(
                            settings.Kills, settings.Seed, settings.Parallel, Disturbance.Kill));
                }

                foreach (var disturbance in Enum.GetValues<Disturbance>().Where(
                    kind => kind != Disturbance.Kill && kind == (settings.Only ?? kind) && settings.Disturbances > 0))
                {
                    await PartAsync(
                        $"{disturbance}",
                        tally => new DisturbedRun(folder, tally, reference).RunAsync(
                            settings.Disturbances, settings.Seed, settings.Parallel, disturbance));
                }
            }

            if (settings.TreeKills > 0)
            {
                await RunPartAsync("tree", async (tally, more) =>
                {
                    var (kills, trainings, withoutBest) = await new TreeKills(folder, tally).RunAsync(settings.TreeKills, settings.Seed);
                    more["trainings"] = trainings;
                    more["without_best"] = withoutBest;
                    more["kills_in"] = new JsonObject(kills.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
                });
            }

            if (settings.Soak > 0)
            {
                await RunPartAsync("soak", async (tally, more) =>
                {
                    foreach (var (name, value) in await SoakRun.RunAsync(
                        Directory.CreateDirectory(Path.Combine(folder, "soak")).FullName, settings.Soak, tally))
                    {
                        more[name] = value?.DeepClone();
                    }
                });
            }

            all.Print("all", settings.Seed, clock.Elapsed.TotalSeconds);
            return all;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Task PartAsync(string name, Func<CrashTally, Task> run) => RunPartAsync(name, (tally, _) => run(tally));

        async Task RunPartAsync(string name, Func<CrashTally, JsonObject, Task> run)
        {
            var tally = new CrashTally();
            var more = new JsonObject();
            var start = clock.Elapsed;
            await run(tally, more);
            tally.Print(name, settings.Seed, (clock.Elapsed - start).TotalSeconds, more);
            all.Add(tally);
        }
    }
}
