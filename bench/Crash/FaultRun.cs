using Fulgurite.IO;
using Fulgurite.State;
using Fulgurite.Testing;

namespace Fulgurite.Bench.Crash;

/// <summary>Fails every call of a save with every error number: once, and from then on; and ends the process there.</summary>
/// <param name="folder">The folder for the files.</param>
/// <param name="tally">The counts.</param>
internal sealed class FaultRun(string folder, CrashTally tally)
{
    /// <summary>EIO, ENOSPC, EDQUOT, EROFS, EACCES, EMFILE, ESTALE, EFBIG.</summary>
    public static IReadOnlyList<int> Errors { get; } = [5, 28, 122, 30, 13, 24, 116, 27];

    /// <summary>Runs the faults.</summary>
    /// <param name="errors">The error numbers.</param>
    public async Task RunAsync(IReadOnlyList<int> errors)
    {
        foreach (var isSafetensors in new[] { false, true })
        {
            foreach (var isDirect in new[] { false, true })
            {
                foreach (var isBackground in new[] { false, true })
                {
                    var calls = await CountCallsAsync(isSafetensors, isDirect, isBackground);
                    for (var call = 1; call <= calls; call++)
                    {
                        foreach (var error in errors)
                        {
                            await FailAsync(isSafetensors, isDirect, isBackground, call, error, isLasting: false);
                            await FailAsync(isSafetensors, isDirect, isBackground, call, error, isLasting: true);
                        }
                    }
                }
            }
        }
    }

    private async Task<int> CountCallsAsync(bool isSafetensors, bool isDirect, bool isBackground)
    {
        var disk = new RecordedDisk { KeepsData = false };
        var path = Path.Combine(folder, "counted");
        await using (var io = Create(disk, isSafetensors, isDirect, isBackground))
        {
            await SaveAsync(io, path, 1);
            var before = disk.Calls;
            await SaveAsync(io, path, 2);
            var count = disk.Calls - before;
            File.Delete(path);
            return count;
        }
    }

    // A lasting fault is also a kill: nothing that the process does after it reaches the disk, not even the removal of the temporary file.
    private async Task FailAsync(bool isSafetensors, bool isDirect, bool isBackground, int call, int error, bool isLasting)
    {
        tally.CountFault();
        var way = $"{(isSafetensors ? "safetensors" : "torch")}, {(isDirect ? "direct" : "buffered")}, {(isBackground ? "async" : "sync")}";
        var name = $"{way}: call {call} fails with {error}{(isLasting ? " and all after it" : string.Empty)}";
        var place = Directory.CreateDirectory(Path.Combine(folder, "fault")).FullName;
        var path = Path.Combine(place, "last");
        var disk = new RecordedDisk { KeepsData = false, Error = error };
        byte[] old;
        await using (var io = Create(disk, isSafetensors, isDirect, isBackground))
        {
            await SaveAsync(io, path, 1);
            old = await File.ReadAllBytesAsync(path);
            var before = disk.Calls;
            disk.Fails = (number, _) => isLasting ? number >= before + call : number == before + call;
            var failure = await SaveAsync(io, path, 2);
            disk.Fails = (_, _) => false;
            var now = await File.ReadAllBytesAsync(path);
            var isOld = now.AsSpan().SequenceEqual(old);
            if (!isOld && !HoldsStep(now, 2))
            {
                tally.AddUnreadable(name);
            }

            // A failed removal does not make the save fail.
            if (failure is null ? isOld : failure.IsInPlace == isOld)
            {
                tally.AddMismatched(
                    $"{name}: the save was reported as {(failure is null ? "durable" : failure.IsInPlace ? "in place" : "failed")}, "
                        + $"and the file is the {(isOld ? "old" : "new")} one");
            }

            if (!isLasting && Directory.GetFileSystemEntries(place).Length != 1)
            {
                tally.AddMismatched($"{name}: a temporary file is left");
            }

            if (await SaveAsync(io, path, 3) is not null || !HoldsStep(await File.ReadAllBytesAsync(path), 3))
            {
                tally.AddLost($"{name}: the next save failed");
            }
        }

        Directory.Delete(place, recursive: true);
    }

    private static bool HoldsStep(byte[] file, int step)
    {
        try
        {
            var bytes = new byte[12];
            Buffer.BlockCopy(new[] { step, step + 1f, step + 2f }, 0, bytes, 0, bytes.Length);
            return TensorDigests.Of(file).Contains(
                Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes).AsSpan(0, 8)));
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static CheckpointIO Create(RecordedDisk disk, bool isSafetensors, bool isDirect, bool isBackground)
    {
        var storage = new LocalStorage(new LocalStorageOptions { DirectIO = isDirect, DirectIOThreshold = 0 }, disk);
        CheckpointIO io = isSafetensors ? new SafetensorsCheckpointIO(storage) : new TorchCheckpointIO(storage);
        return isBackground ? new AsyncCheckpointIO(io) : io;
    }

    private static async Task<CheckpointException?> SaveAsync(CheckpointIO io, string path, int step)
    {
        try
        {
            using var state = SampleStates.Small(step);
            await io.SaveCheckpointAsync(state, path, null, CancellationToken.None);
            return null;
        }
        catch (CheckpointException exception)
        {
            return exception;
        }
    }
}
