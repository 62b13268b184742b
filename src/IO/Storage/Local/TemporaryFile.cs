using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fulgurite.IO;

/// <summary>
/// Names of files that are not finished. A name says which process on which machine writes it and when that process started, so that
/// those that a dead one left behind are known from those that are still being written.
/// </summary>
internal static class TemporaryFile
{
    private const string Prefix = ".fulgurite-";
    private const string Suffix = ".tmp";

    private static readonly string Host = FindHost();
    private static readonly string Owner = $"{Prefix}{Host}-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}-{StartOf(Environment.ProcessId)}-";
    private static long _count;

    /// <summary>A name in a directory that nobody uses.</summary>
    public static string NextIn(string directory) =>
        Path.Combine(directory, Owner + Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture) + Suffix);

    /// <summary>Removes a temporary file. One that cannot be removed now is swept later; it must not hide why the save failed.</summary>
    public static void Discard(FileCalls calls, string path)
    {
        try
        {
            calls.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Removes what processes of this machine that are dead left in a directory.</summary>
    public static void Sweep(string directory)
    {
        try
        {
            foreach (var path in Directory.EnumerateFiles(directory, $"{Prefix}{Host}-*{Suffix}"))
            {
                if (IsOrphan(Path.GetFileName(path)))
                {
                    File.Delete(path);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Tidying up is no reason for a save to fail; what is wrong with the directory shows when it is written to.
        }
    }

    private static bool IsOrphan(string name)
    {
        var fields = name[(Prefix.Length + Host.Length + 1)..^Suffix.Length].Split('-');
        return fields.Length == 3
            && int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var process)
            && !string.Equals(StartOf(process), fields[1], StringComparison.Ordinal);
    }

    /// <summary>When a process started, in whatever unit the system tells exactly; empty if there is no such process.</summary>
    private static string StartOf(int process)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // The name of the program is in parentheses and may hold anything; the start is the 20th field after it.
                var status = File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat");
                return status[(status.LastIndexOf(')') + 2)..].Split(' ')[19];
            }

            using var other = Process.GetProcessById(process);
            return new DateTimeOffset(other.StartTime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    /// <summary>This machine, or this container where process numbers are its own: a shared directory has files of several.</summary>
    private static string FindHost()
    {
        var name = Environment.MachineName;
        if (OperatingSystem.IsLinux())
        {
            name += new FileInfo("/proc/self/ns/pid").LinkTarget;
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 4));
    }
}
