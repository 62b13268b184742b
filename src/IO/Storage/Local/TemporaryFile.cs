using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fulgurite.IO;

/// <summary>
/// Names of temporary files. A name contains the machine, the process and its start time, so that files left behind by dead processes can
/// be told from files still being written.
/// </summary>
internal static class TemporaryFile
{
    private const string Prefix = ".fulgurite-";
    private const string Suffix = ".tmp";

    private static readonly string Host = FindHost();
    private static readonly string Owner =
        $"{Prefix}{Host}-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}-{StartOf(Environment.ProcessId)}-";
    private static long _count;

    /// <summary>Returns an unused name in a directory.</summary>
    public static string NextIn(string directory) =>
        Path.Combine(directory, Owner + Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture) + Suffix);

    /// <summary>
    /// Removes a temporary file. Errors are ignored, so that they do not hide the failure of the save; a later run removes the file.
    /// </summary>
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

    /// <summary>Removes the temporary files of dead processes of this machine from a directory.</summary>
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
            // A failed cleanup must not fail the save; problems with the directory are reported by the write.
        }
    }

    private static bool IsOrphan(string name)
    {
        var fields = name[(Prefix.Length + Host.Length + 1)..^Suffix.Length].Split('-');
        return fields.Length == 3
            && int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var process)
            && !string.Equals(StartOf(process), fields[1], StringComparison.Ordinal);
    }

    /// <summary>Returns the start time of a process in an exact platform-specific unit; empty if the process does not exist.</summary>
    private static string StartOf(int process)
    {
        try
        {
            if (NativeCalls.OnLinux)
            {
                // The program name is in parentheses and may contain anything; the start time is the 20th field after it.
                var status = File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat");
                return status[(status.LastIndexOf(')') + 2)..].Split(' ')[19];
            }

            using var other = Process.GetProcessById(process);
            return new DateTimeOffset(other.StartTime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or InvalidOperationException
            or System.ComponentModel.Win32Exception or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    /// <summary>
    /// Returns the ID of this machine, or of this container if it has its own process IDs: a directory may be shared by several.
    /// </summary>
    private static string FindHost()
    {
        var name = Environment.MachineName;
        if (NativeCalls.OnLinux)
        {
            name += new FileInfo("/proc/self/ns/pid").LinkTarget;
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 4));
    }
}
