using System.Diagnostics;
using System.Security.Cryptography;
using Fulgurite.Bench.Measuring;
using Fulgurite.IO;

namespace Fulgurite.Bench.Crash;

/// <summary>Saves in a process of its own whose system calls strace fails, or at which it sends SIGKILL.</summary>
/// <param name="folder">The folder for the files.</param>
/// <param name="tally">The counts.</param>
internal sealed class TracedSaves(string folder, CrashTally tally)
{
    private const int Saves = 3;

    // Only those that the runtime does not need to start.
    private static readonly string[] Calls = ["fsync", "rename", "fallocate", "pwrite64", "link"];
    private static readonly string[] Faults =
    [
        "error=EIO", "error=ENOSPC", "error=EDQUOT", "error=EROFS", "error=EACCES", "error=EMFILE", "error=ESTALE", "error=EFBIG",
        "signal=KILL",
    ];

    /// <summary>Whether strace can follow a process here.</summary>
    public static bool IsAvailable
    {
        get
        {
            try
            {
                using var process = Process.Start(
                    new ProcessStartInfo("strace", ["-qq", "-o", "/dev/null", "true"])
                    {
                        UseShellExecute = false,
                        RedirectStandardError = true,
                    })!;
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }

    /// <summary>
    /// The process: saves <see cref="Saves"/> times under one name, gives each a second name, and prints what was reported.
    /// </summary>
    public static int Save(string folder, bool isDirect)
    {
        var storage = new LocalStorage(new LocalStorageOptions { DirectIO = isDirect, DirectIOThreshold = 0 });
        var held = 0;
        for (var number = 1; number <= Saves; number++)
        {
            var content = new FileContent();
            content.Add(Content(number));
            var path = Path.Combine(folder, "last");
            held = Report($"save {number}", () => storage.Write(path, content, CancellationToken.None) > 0) ? number : held;

            // A link refers to the existing file, even after a failed save.
            Report($"link {held}", () => storage.TryLink(path, Path.Combine(folder, "best")));
        }

        return 0;

        static bool Report(string what, Func<bool> act)
        {
            try
            {
                var isDone = act();
                Console.WriteLine(isDone ? $"durable {what}" : $"none {what}");
                return isDone;
            }
            catch (CheckpointException exception)
            {
                Console.WriteLine($"{(exception.IsInPlace ? "place" : "failed")} {what}");
                return exception.IsInPlace;
            }
        }
    }

    /// <summary>Runs every call with every fault.</summary>
    /// <param name="parallel">The number of processes at once.</param>
    public async Task RunAsync(int parallel)
    {
        var cases =
            from call in Calls
            from fault in Faults
            from when in Enumerable.Range(1, Saves)
            from isDirect in new[] { false, true }
            select (call, fault, when, isDirect);
        await Parallel.ForEachAsync(
            cases, new ParallelOptions { MaxDegreeOfParallelism = parallel },
            async (one, _) => await RunAsync(one.call, one.fault, one.when, one.isDirect));
    }

    private async Task RunAsync(string call, string fault, int when, bool isDirect)
    {
        tally.CountFault();
        var name = $"strace -f --inject={call}:{fault}:when={when}, {(isDirect ? "direct" : "buffered")}";
        var place = Path.Combine(folder, $"traced-{call}-{fault}-{when}-{isDirect}");
        Directory.CreateDirectory(place);
        using var process = OwnProcess.StartUnder(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:{fault}:when={when}"],
            ["crash", "--saver", place, .. isDirect ? ["--direct"] : Array.Empty<string>()]);
        var lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync();
        if (fault != "signal=KILL" && lines.Length != 2 * Saves)
        {
            tally.AddMismatched($"{name}: the process reported {lines.Length} of {2 * Saves} operations");
        }

        foreach (var (file, what) in new[] { ("last", "save"), ("best", "link") })
        {
            var path = Path.Combine(place, file);
            var found = File.Exists(path)
                ? Enumerable.Range(1, Saves).FirstOrDefault(number => Content(number).AsSpan().SequenceEqual(File.ReadAllBytes(path)), -1)
                : 0;
            var durable = lines.Where(line => line.StartsWith($"durable {what}", StringComparison.Ordinal))
                .Select(line => line[^1] - '0')
                .DefaultIfEmpty(0)
                .Max();
            var rest = lines.Where(line => line.StartsWith($"place {what}", StringComparison.Ordinal))
                .Select(line => line[^1] - '0')
                .DefaultIfEmpty(0)
                .Max();
            if (found < 0)
            {
                tally.AddUnreadable($"{name}: {file}");
            }
            else if (found < durable)
            {
                tally.AddLost($"{name}: {file} holds {found}, and {durable} was reported durable");
            }
            else if (fault != "signal=KILL" && what == "save" && found != Math.Max(durable, rest))
            {
                tally.AddMismatched($"{name}: {file} holds {found}, and {durable} was reported durable");
            }
        }

        Directory.Delete(place, recursive: true);
    }

    private static byte[] Content(int number) =>
        [.. Enumerable.Range(0, 300).SelectMany(block => SHA256.HashData(BitConverter.GetBytes((number * 1000) + block)))];
}
