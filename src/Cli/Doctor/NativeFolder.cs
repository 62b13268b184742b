using System.Runtime.InteropServices;

namespace Fulgurite.Cli;

/// <summary>
/// The folder with TorchSharp's native libraries: an output folder, or its subfolder <c>runtimes/RID/native</c> in a build for all
/// platforms.
/// </summary>
/// <param name="Path">The path of the folder.</param>
internal sealed record NativeFolder(string Path)
{
    public static string Platform { get; } =
        $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";

    /// <summary>Gets the path of TorchSharp's own library, which wraps libtorch.</summary>
    public string TorchSharp => File("LibTorchSharp");

    /// <summary>Gets the path of libtorch.</summary>
    public string Libtorch => File("torch_cpu");

    /// <summary>Gets the path of the CUDA part of libtorch.</summary>
    public string LibtorchForCuda => File("torch_cuda");

    /// <summary>Gets a value indicating whether libtorch exists.</summary>
    public bool HasLibtorch => System.IO.File.Exists(Libtorch);

    /// <summary>Gets a value indicating whether libtorch was built for CUDA.</summary>
    public bool HasCuda => System.IO.File.Exists(LibtorchForCuda);

    /// <summary>Gets the libraries that a program loads, in dependency order.</summary>
    public IReadOnlyList<string> Libraries => [.. new[] { File("c10"), Libtorch, LibtorchForCuda, TorchSharp }.Where(System.IO.File.Exists)];

    /// <summary>Returns the folder with TorchSharp's libraries for this platform; null if there are none.</summary>
    public static NativeFolder? Find(string output) =>
        new[] { output, System.IO.Path.Combine(output, "runtimes", Platform, "native") }
            .Select(path => new NativeFolder(path))
            .FirstOrDefault(folder => System.IO.File.Exists(folder.TorchSharp) || folder.HasLibtorch);

    private string File(string name) =>
        System.IO.Path.Combine(Path, OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so");
}
