using System.Runtime.InteropServices;

namespace Fulgurite.Cli;

/// <summary>Checks the .NET runtime and whether the frameworks required by the programs of an output folder are installed.</summary>
internal static class DotnetCheck
{
    private const string Name = ".NET";

    public static Diagnosis Run(string? folder)
    {
        var missing = folder is null ? [] : Directory.EnumerateFiles(folder, "*.runtimeconfig.json").SelectMany(Missing).ToList();
        return missing.Count == 0
            ? new Diagnosis(
                Name, Health.Ok, $"{Environment.Version} on {RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}")
            : new Diagnosis(
                Name, Health.Broken, $"{string.Join("; ", missing)}; {Root} has {string.Join(", ", Installed())}",
                "Install the missing runtime from https://dot.net.");
    }

    // shared/Microsoft.NETCore.App/VERSION/
    private static string Root => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static IEnumerable<string> Installed() =>
        Directory.EnumerateDirectories(Path.Combine(Root, "shared")).SelectMany(Directory.EnumerateDirectories).Select(
            path => $"{Path.GetFileName(Path.GetDirectoryName(path))} {Path.GetFileName(path)}");

    private static IEnumerable<string> Missing(string path)
    {
        var options = JsonNode.Parse(File.ReadAllText(path))?["runtimeOptions"];
        var frameworks = options?["frameworks"]?.AsArray() is { } several ? several
            : options?["framework"] is { } one ? new JsonArray(one.DeepClone())
            : [];
        var anyMajor = ((string?)options?["rollForward"])?.EndsWith("Major", StringComparison.OrdinalIgnoreCase) == true;
        foreach (var framework in frameworks)
        {
            var (name, version) = ((string)framework!["name"]!, (string)framework["version"]!);
            if (!HasFramework(name, Number(version), anyMajor))
            {
                yield return $"{Path.GetFileName(path)} asks for {name} {version}";
            }
        }
    }

    private static bool HasFramework(string name, Version wanted, bool anyMajor) =>
        Directory.Exists(Path.Combine(Root, "shared", name)) && Directory.EnumerateDirectories(Path.Combine(Root, "shared", name))
            .Select(path => Number(Path.GetFileName(path)))
            .Any(found => found >= wanted && (anyMajor || found.Major == wanted.Major));

    // Without the suffix of a preview version.
    private static Version Number(string text) => Version.TryParse(text.Split('-')[0], out var version) ? version : new Version(0, 0);
}
