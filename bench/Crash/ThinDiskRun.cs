using System.Diagnostics;
using Fulgurite.IO;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Crash;

/// <summary>Saves with rotation on disks that are too small: file systems in memory, which need the right to mount.</summary>
/// <param name="folder">The folder for the mount points.</param>
/// <param name="tally">The counts.</param>
internal sealed class ThinDiskRun(string folder, CrashTally tally)
{
    private const int Saves = 25;
    private const int StateBytes = 96 << 10;

    /// <summary>Runs on disks of random sizes.</summary>
    /// <param name="count">The number of disks.</param>
    /// <param name="seed">The seed of the first.</param>
    /// <returns>The number of disks that were used, and of saves that failed.</returns>
    public async Task<(int Disks, int Failed)> RunAsync(int count, int seed)
    {
        var failed = 0;
        for (var disk = 0; disk < count; disk++)
        {
            var place = Directory.CreateDirectory(Path.Combine(folder, $"disk-{disk}")).FullName;
            var random = new Random(seed + disk);
            if (Run("mount", "-t", "tmpfs", "-o", $"size={random.Next(250, 700)}k", "tmpfs", place) != 0)
            {
                Console.Error.WriteLine("Nothing may be mounted here: no thin disks.");
                return (disk, failed);
            }

            try
            {
                failed += await FillAsync(place, random, $"disk of seed {seed + disk}");
            }
            finally
            {
                _ = Run("umount", "-l", place);
                Directory.Delete(place);
            }
        }

        return (count, failed);
    }

    private async Task<int> FillAsync(string place, Random random, string name)
    {
        CheckpointIO io = random.Next(2) == 0 ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();
        io = random.Next(2) == 0 ? io : new AsyncCheckpointIO(io);
        var durable = new Dictionary<string, int>(StringComparer.Ordinal);
        var kept = new Queue<string>();
        var failed = 0;
        await using (io)
        {
            for (var step = 1; step <= Saves; step++)
            {
                using var state = State(step);
                foreach (var path in new[] { Path.Combine(place, "last"), Path.Combine(place, $"best-{step}") })
                {
                    try
                    {
                        await io.SaveCheckpointAsync(state, path, null, CancellationToken.None);
                        durable[path] = step;
                        if (!path.EndsWith("last", StringComparison.Ordinal))
                        {
                            kept.Enqueue(path);
                        }
                    }
                    catch (CheckpointException)
                    {
                        failed++;
                    }
                }

                if (kept.Count > 2)
                {
                    var oldest = kept.Dequeue();
                    await io.RemoveCheckpointAsync(oldest, CancellationToken.None);
                    durable.Remove(oldest);
                }
            }
        }

        foreach (var (path, step) in durable)
        {
            if (!File.Exists(path))
            {
                tally.AddLost($"{name}: '{path}' is gone");
            }
            else if (!Holds(await File.ReadAllBytesAsync(path), step))
            {
                tally.AddUnreadable($"{name}: '{path}' does not hold step {step}");
            }
        }

        if (Directory.GetFileSystemEntries(place).Except(durable.Keys, StringComparer.Ordinal).FirstOrDefault() is { } other)
        {
            tally.AddMismatched($"{name}: '{other}' was not reported");
        }

        return failed;
    }

    private static bool Holds(byte[] file, int step)
    {
        try
        {
            return TensorDigests.Of(file).Contains(
                Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Bytes(step)).AsSpan(0, 8)));
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static TrainingState State(int step) => TrainingState.Captured(new StateMap
    {
        ["global_step"] = step,
        ["state_dict"] = new StateMap { ["weight"] = TensorData.FromValues<byte>(Bytes(step), ScalarType.Byte, StateBytes) },
    });

    private static byte[] Bytes(int step)
    {
        var bytes = new byte[StateBytes];
        new Random(step).NextBytes(bytes);
        return bytes;
    }

    private static int Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
