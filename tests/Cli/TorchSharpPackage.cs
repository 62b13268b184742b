using System.Reflection;
using Fulgurite.Cli;

namespace Fulgurite.Tests.Cli;

/// <summary>TorchSharp's native library as its package has it, which the build may have adapted in output folders.</summary>
internal static class TorchSharpPackage
{
    public static string Library { get; } = Path.Combine(
        typeof(TorchSharpPackage)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "TorchSharpPackage")
            .Value!,
        "runtimes",
        "linux-x64",
        "native",
        TorchSharpLibrary.FileName);

    /// <summary>Makes an output folder: the libraries of these tests, with another library of TorchSharp.</summary>
    public static void WriteOutput(string folder, byte[] library)
    {
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "lib*.so*").Where(
            file => Path.GetFileName(file) != TorchSharpLibrary.FileName))
        {
            File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(file)), file);
        }

        File.WriteAllBytes(Path.Combine(folder, TorchSharpLibrary.FileName), library);
    }
}
