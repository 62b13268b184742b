using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.All;

/// <summary>The machine of the measurements.</summary>
internal static class Machine
{
    /// <summary>Gets the version that is measured, with its commit.</summary>
    public static string Version { get; } = VersionOf(typeof(Trainer).Assembly);

    /// <summary>Describes this machine.</summary>
    /// <param name="directory">Where checkpoints are measured: the disk that counts.</param>
    /// <param name="peer">What Python's torch calls itself, or why there is none.</param>
    /// <param name="date">When, if that is to be said.</param>
    public static JsonObject Describe(string directory, string peer, string? date) => new()
    {
        ["command"] = "machine",
        ["processor"] = Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        ["cores"] = Environment.ProcessorCount,
        ["memory_gb"] = JsonLine.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30)),
        ["file_system"] = FileSystem(directory),
        ["system"] = $"{Field("/etc/os-release", "PRETTY_NAME")?.Trim('"') ?? RuntimeInformation.OSDescription}, "
            + $"{RuntimeInformation.ProcessArchitecture}",
        ["dotnet"] = RuntimeInformation.FrameworkDescription,
        ["torchsharp"] = VersionOf(typeof(TorchSharp.torch).Assembly),
        ["fulgurite"] = Version,
        ["peer"] = peer,
        ["date"] = date,
    };

    private static string? Field(string path, string name)
    {
        var line = File.Exists(path) ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) : null;
        return line?[(line.IndexOfAny([':', '=']) + 1)..].Trim();
    }

    private static string FileSystem(string directory)
    {
        var full = Path.GetFullPath(directory) + Path.DirectorySeparatorChar;
        return DriveInfo.GetDrives().Where(drive => full.StartsWith(drive.Name.TrimEnd('/') + '/', StringComparison.Ordinal))
            .MaxBy(drive => drive.Name.Length)?.DriveFormat ?? "unknown";
    }

    private static string VersionOf(Assembly assembly)
    {
        var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? $"{assembly.GetName().Version}";

        // What comes behind the plus is a commit; its beginning tells it from others.
        var plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus < 0
            ? version
            : string.Create(CultureInfo.InvariantCulture, $"{version[..plus]} ({version[(plus + 1)..Math.Min(version.Length, plus + 9)]})");
    }
}
