using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fulgurite.Cli.Runs;
using Fulgurite.Cli.Screens;
using Fulgurite.IO.Storage.Local;

namespace Fulgurite.Cli.Doctor;

/// <summary>Whether the file system of a folder does what saves ask of it. Works in a folder of its own below, which is deleted afterwards.</summary>
internal sealed partial class FileSystemCheck : IDisposable
{
    private const int Size = 1 << 20;
    private const long Little = 1L << 30;

    private readonly string _directory;
    private readonly string _probe;

    private FileSystemCheck(string directory)
    {
        _directory = directory;
        _probe = Path.Combine(directory, $".fulgurite-doctor-{Guid.NewGuid():N}");
        Directory.CreateDirectory(_probe);
    }

    public static IReadOnlyList<Diagnosis> Run(string directory)
    {
        try
        {
            using var check = new FileSystemCheck(directory);
            return [.. check.Run()];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [new Diagnosis("write", Health.Broken, $"{directory} cannot be written to: {Reason(exception)}", "Give the user who trains write access, or choose another folder.")];
        }
    }

    public void Dispose() => Directory.Delete(_probe, recursive: true);

    private IEnumerable<Diagnosis> Run()
    {
        yield return FreeSpace();
        yield return Try("sync file", SyncFile, "A save is not durable here. Check the disk and its mount options, or choose another folder.");
        yield return Try("rename", Rename, "Saves replace files by renaming, which does not work here. Choose another folder.");
        if (OperatingSystem.IsLinux())
        {
            yield return Try("sync folder", SyncDirectory, "A rename is not durable here: after a power cut the newest checkpoint may be missing. Choose another folder.");
            yield return Try("hard links", HardLink, remedy: null);
            yield return Try("direct IO", DirectWrite, remedy: null);
        }
    }

    private static Diagnosis Try(string name, Func<string, Diagnosis> check, string? remedy)
    {
        try
        {
            return check(name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Diagnosis(name, Health.Broken, Reason(exception), remedy ?? "Check the disk, or choose another folder.");
        }
    }

    private Diagnosis FreeSpace()
    {
        const string name = "free space";
        var drive = new DriveInfo(_directory);
        var largest = CheckpointFolder.Find(_directory).Select(path => new FileInfo(path).Length).DefaultIfEmpty().Max();
        var finding = $"{Amounts.Bytes(drive.AvailableFreeSpace)} on {drive.DriveFormat}{(largest > 0 ? $"; the largest checkpoint there has {Amounts.Bytes(largest)}" : string.Empty)}";
        return drive.AvailableFreeSpace < Math.Max(largest, Size) ? new Diagnosis(name, Health.Broken, finding, "The next save fails. Free space; 'fulgurite prune' removes checkpoints by rules.")
            : drive.AvailableFreeSpace < Math.Max(2 * largest, Little) ? new Diagnosis(name, Health.Note, finding, "A save needs room for a whole new file before the old one goes.")
            : new Diagnosis(name, Health.Ok, finding);
    }

    private Diagnosis SyncFile(string name)
    {
        var start = TimeProvider.System.GetTimestamp();
        using var file = File.OpenHandle(Path.Combine(_probe, "synced"), FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.Write(file, new byte[Size], 0);
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(file);
        }
        else if (Sync(file) != 0)
        {
            // The base library ignores what fsync returns.
            throw new IOException(null, Marshal.GetLastPInvokeError());
        }

        return new DriveInfo(_directory).DriveFormat is "tmpfs" or "ramfs"
            ? new Diagnosis(name, Health.Note, "the file system lies in memory: nothing in it outlives a restart")
            : new Diagnosis(name, Health.Ok, $"{Amounts.Bytes(Size)} durable in {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds:0} ms");
    }

    private Diagnosis Rename(string name)
    {
        var (from, to) = (Path.Combine(_probe, "new"), Path.Combine(_probe, "old"));
        File.WriteAllText(to, "old");
        File.WriteAllText(from, "new");
        File.Move(from, to, overwrite: true);
        return File.ReadAllText(to) == "new" && !File.Exists(from)
            ? new Diagnosis(name, Health.Ok, "replaces a file")
            : throw new IOException("a rename over a file does not replace it");
    }

    [SupportedOSPlatform("linux")]
    private Diagnosis SyncDirectory(string name)
    {
        LinuxFile.SyncDirectory(_probe);
        return new Diagnosis(name, Health.Ok, "names are durable");
    }

    [SupportedOSPlatform("linux")]
    private Diagnosis HardLink(string name)
    {
        var file = Path.Combine(_probe, "linked");
        File.WriteAllText(file, "linked");
        return LinuxFile.TryLink(file, Path.Combine(_probe, "link"))
            ? new Diagnosis(name, Health.Ok, "work")
            : new Diagnosis(name, Health.Note, "the file system has none: a checkpoint with two names, such as last.ckpt, is written twice");
    }

    [SupportedOSPlatform("linux")]
    private unsafe Diagnosis DirectWrite(string name)
    {
        var none = new Diagnosis(name, Health.Note, "the file system has none: saves go through the page cache, which takes more memory and time of a processor");
        using var file = LinuxFile.CreateDirect(Path.Combine(_probe, "direct"));
        if (file is null)
        {
            return none;
        }

        const int page = 4096, invalid = 22;
        var buffer = NativeMemory.AlignedAlloc(page, page);
        try
        {
            RandomAccess.Write(file, new ReadOnlySpan<byte>(buffer, page), 0);
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

    // The words of the system where there are some; those of the base library name the file of the check.
    private static string Reason(Exception exception) =>
        exception is UnauthorizedAccessException ? "permission denied"
        : exception is FileNotFoundException or DirectoryNotFoundException ? "no file can be made there"
        : !OperatingSystem.IsWindows() && exception.HResult is > 0 and < 1000 ? Marshal.GetPInvokeErrorMessage(exception.HResult)
        : exception.Message;

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(Microsoft.Win32.SafeHandles.SafeFileHandle file);
}
