using System.Runtime.InteropServices;
using Fulgurite.IO;

namespace Fulgurite.Cli;

/// <summary>Checks whether the file system of a folder supports the calls of a save, in a subfolder that is deleted afterwards.</summary>
internal sealed class FileSystemCheck : IDisposable
{
    private const int Size = 1 << 20;
    private const long Little = 1L << 30;
    private const string OtherFolder = "Check the disk and its mount options, or choose another folder.";

    private readonly FileCalls _calls;
    private readonly string _directory;
    private readonly string _probe;

    private FileSystemCheck(string directory, FileCalls calls)
    {
        (_directory, _calls) = (directory, calls);
        _probe = Path.Combine(directory, $".fulgurite-doctor-{Guid.NewGuid():N}");
        Directory.CreateDirectory(_probe);
    }

    /// <summary>Runs all checks.</summary>
    /// <param name="directory">An existing folder.</param>
    /// <param name="calls">The calls of the file system.</param>
    public static IReadOnlyList<Diagnosis> Run(string directory, FileCalls calls)
    {
        try
        {
            using var check = new FileSystemCheck(directory, calls);
            return
            [
                Try("free space", check.FreeSpace),
                Try("sync file", check.SyncFile),
                Try("rename", check.Rename),
                Try("sync folder", check.SyncDirectory),
                Try("hard links", check.HardLink),
                Try("direct IO", check.DirectWrite),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return
            [
                new Diagnosis(
                    "write", Health.Broken, $"{directory} cannot be written to: {Reason(exception)}",
                    "Grant write access to the user who trains, or choose another folder."),
            ];
        }
    }

    public void Dispose() => Directory.Delete(_probe, recursive: true);

    private static Diagnosis Try(string name, Func<string, Diagnosis> check)
    {
        try
        {
            return check(name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Diagnosis(name, Health.Broken, Reason(exception), OtherFolder);
        }
    }

    private Diagnosis FreeSpace(string name)
    {
        var drive = new DriveInfo(_directory);
        var largest = CheckpointFolder.Find(_directory).Select(path => new FileInfo(path).Length).DefaultIfEmpty().Max();
        var finding =
            $"{Amounts.Bytes(drive.AvailableFreeSpace)} on {drive.DriveFormat}"
                + $"{(largest > 0 ? $"; the largest checkpoint there has {Amounts.Bytes(largest)}" : string.Empty)}";
        return drive.AvailableFreeSpace < Math.Max(largest, Size) ? new Diagnosis(
            name, Health.Broken, finding, "The next save fails. Free space; 'fulgurite prune' removes checkpoints by rules.")
            : drive.AvailableFreeSpace < Math.Max(2 * largest, Little)
            ? new Diagnosis(name, Health.Note, finding, "A save needs room for a whole new file before the old one is removed.")
            : new Diagnosis(name, Health.Ok, finding);
    }

    private Diagnosis SyncFile(string name)
    {
        var start = TimeProvider.System.GetTimestamp();
        using var file = _calls.Create(Path.Combine(_probe, "synced"), Size);
        _calls.Write(file, new byte[Size], 0);
        _calls.Sync(file);
        return new DriveInfo(_directory).DriveFormat is "tmpfs" or "ramfs"
            ? new Diagnosis(name, Health.Note, "the file system is in memory: its files are lost on a restart")
            : new Diagnosis(
                name, Health.Ok, $"{Amounts.Bytes(Size)} durable in {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds:0} ms");
    }

    private Diagnosis Rename(string name)
    {
        var (from, to) = (Path.Combine(_probe, "new"), Path.Combine(_probe, "old"));
        File.WriteAllText(to, "old");
        File.WriteAllText(from, "new");
        _calls.Rename(from, to);
        return File.ReadAllText(to) == "new" && !File.Exists(from)
            ? new Diagnosis(name, Health.Ok, "replaces a file")
            : new Diagnosis(name, Health.Broken, "a rename over a file does not replace it", OtherFolder);
    }

    private Diagnosis SyncDirectory(string name)
    {
        using var directory = _calls.OpenDirectory(_probe);
        _calls.SyncDirectory(directory);
        return directory is null
            ? new Diagnosis(name, Health.Note, "this system does not sync folders: after a power cut the newest checkpoint may be missing")
            : new Diagnosis(name, Health.Ok, "names are durable");
    }

    private Diagnosis HardLink(string name)
    {
        var file = Path.Combine(_probe, "linked");
        File.WriteAllText(file, "linked");
        return _calls.TryLink(file, Path.Combine(_probe, "link"))
            ? new Diagnosis(name, Health.Ok, "work")
            : new Diagnosis(name, Health.Note, "none: a checkpoint with two names, such as last.ckpt, is written twice");
    }

    private unsafe Diagnosis DirectWrite(string name)
    {
        var none = new Diagnosis(name, Health.Note, "none: saves go through the page cache, which costs memory and processor time");
        using var file = _calls.CreateDirect(Path.Combine(_probe, "direct"));
        if (file is null)
        {
            return none;
        }

        const int page = 4096, invalid = 22;
        var buffer = NativeMemory.AlignedAlloc(page, page);
        try
        {
            _calls.Write(file, new ReadOnlySpan<byte>(buffer, page), 0);
            return new Diagnosis(name, Health.Ok, "works");
        }
        catch (IOException exception) when (exception.HResult == invalid)
        {
            return none;
        }
        finally
        {
            NativeMemory.AlignedFree(buffer);
        }
    }

    // Prefers messages of the operating system; those of the base class library contain the file name of the check.
    private static string Reason(Exception exception) =>
        exception is UnauthorizedAccessException ? "permission denied"
        : exception is FileNotFoundException or DirectoryNotFoundException ? "no file can be created there"
        : !OperatingSystem.IsWindows() && exception.HResult is > 0 and < 1000 ? Marshal.GetPInvokeErrorMessage(exception.HResult)
        : exception.Message;
}
