using System.CommandLine;
using Fulgurite.Bench.Crash;

namespace Fulgurite.Bench.Commands;

/// <summary><c>crash</c>: whether anything is lost when processes, disks and the power fail.</summary>
internal static class CrashCommand
{
    public static Command Create()
    {
        var kills = Option.Of("--kills", 20, "SIGKILLs of processes that train.");
        var disturbances = new Option<int>("--disturbances")
        {
            Description =
                "How often each other disturbance of a process that trains: SIGTERM, a removed folder, a second process and so on.",
        };
        var only = new Option<Disturbance?>("--only")
        {
            Description = "The only kind of disturbance, such as TwoProcesses, to repeat a case.",
        };
        var noFaults = new Option<bool>("--no-faults") { Description = "Leave out the failures of each call of a save." };
        var traced = new Option<bool>("--traced") { Description = "Also by strace, where it is installed." };
        var states = Option.Of("--states", 5000, "States of the disk after a power cut.");
        var disks = new Option<int>("--disks") { Description = "Disks that are too small; needs the right to mount." };
        var ranks = new Option<int>("--ranks")
        {
            Description = "Kill one or all of so many processes that train together by MPI, and nothing else.",
        };
        var soak = new Option<int>("--soak") { Description = "Saves of one process, of which memory, handles and threads are measured." };
        var treeKills = new Option<int>("--tree-kills")
        {
            Description = "SIGKILLs of the sample AttentionXml while it trains a label tree, at any level.",
        };
        var seed = Option.Of("--seed", 1, "The seed of the first case; each one after it has the next.");
        var parallel = Option.Of("--parallel", Environment.ProcessorCount, "Processes at once.");
        var directory = Option.Of(
            "--dir", Path.Combine("artifacts", "bench-crash"), "Where files go, on the disk that is tested; emptied at the end.");
        var worker = new Option<string?>("--worker") { Hidden = true };
        var treeWorker = new Option<string?>("--tree-worker") { Hidden = true };
        var rankWorker = new Option<string?>("--rank-worker") { Hidden = true };
        var role = new Option<Disturbance>("--as") { Hidden = true };
        var fused = new Option<bool>("--fused") { Hidden = true };
        var saver = new Option<string?>("--saver") { Hidden = true };
        var direct = new Option<bool>("--direct") { Hidden = true };
        var command = new Command(
            "crash",
            "Kills, failing calls, power cuts, thin disks: counts files that are unreadable, states that are lost, and runs that differ.")
        {
            kills, disturbances, only, noFaults, traced, states, disks, ranks, soak, treeKills, seed, parallel, directory, worker,
            rankWorker, treeWorker, role, fused, saver, direct,
        };
        command.SetAction(async (result, _) =>
        {
            if (result.GetValue(worker) is { } folder)
            {
                return await TrainingWorker.RunAsync(
                    new TrainingCase(result.GetValue(seed), result.GetValue(fused)), folder == "-" ? string.Empty : folder,
                    result.GetValue(role) == Disturbance.SlowDisk);
            }

            if (result.GetValue(treeWorker) is { } output)
            {
                return await TreeKills.TrainAsync(output);
            }

            if (result.GetValue(rankWorker) is { } shared)
            {
                return await RankWorker.RunAsync(new TrainingCase(result.GetValue(seed)), shared, saves: result.GetValue(fused));
            }

            if (result.GetValue(ranks) > 0)
            {
                return await CrashRun.RunRanksAsync(
                    result.GetValue(directory)!, result.GetValue(seed), result.GetValue(kills), result.GetValue(ranks));
            }

            if (result.GetValue(saver) is { } place)
            {
                return TracedSaves.Save(place, result.GetValue(direct));
            }

            var tally = await CrashRun.RunAsync(new CrashSettings(
                result.GetValue(directory)!,
                result.GetValue(seed),
                result.GetValue(parallel),
                result.GetValue(kills),
                result.GetValue(disturbances),
                result.GetValue(only),
                !result.GetValue(noFaults),
                result.GetValue(traced),
                result.GetValue(states),
                result.GetValue(disks),
                result.GetValue(soak),
                result.GetValue(treeKills)));
            return tally.HasFailures ? 1 : 0;
        });
        return command;
    }
}
