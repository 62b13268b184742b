using System.Runtime.InteropServices;

namespace Fulgurite.Cli;

/// <summary>
/// Loads the CUDA driver and the libraries of a folder, and reports each step in advance. Runs in a separate process, because a damaged
/// library may crash it.
/// </summary>
internal static unsafe class NativeLoader
{
    public static void Run(string? folder, Screen screen)
    {
        var devices = FindDriver(screen);
        if (folder is not null)
        {
            Load(new NativeFolder(folder), devices, screen);
        }

        Report(screen, LoadReport.Done);
    }

    private static void Load(NativeFolder folder, int devices, Screen screen)
    {
        foreach (var path in folder.Libraries)
        {
            Report(screen, LoadReport.Loading + path);
            try
            {
                var library = NativeLibrary.Load(path);
                if (path == folder.TorchSharp)
                {
                    // A call proves more than loading. Without a driver, libtorch for CUDA finds no devices either.
                    var count = ((delegate* unmanaged<int>)NativeLibrary.GetExport(library, "THSTorchCuda_device_count"))();
                    Report(screen, $"{LoadReport.Devices}{(devices < 0 ? 0 : count)}");
                }
            }
            catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
            {
                Report(screen, LoadReport.Failed + Message(exception));
                return;
            }
        }
    }

    private static int FindDriver(Screen screen)
    {
        if (!NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver))
        {
            Report(screen, LoadReport.NoDriver + "there is no NVIDIA driver");
            return -1;
        }

        var (version, devices) = (0, 0);
        var code = ((delegate* unmanaged<uint, int>)NativeLibrary.GetExport(driver, "cuInit"))(0);
        code = code != 0 ? code : ((delegate* unmanaged<int*, int>)NativeLibrary.GetExport(driver, "cuDriverGetVersion"))(&version);
        code = code != 0 ? code : ((delegate* unmanaged<int*, int>)NativeLibrary.GetExport(driver, "cuDeviceGetCount"))(&devices);
        Report(
            screen,
            code != 0
                ? $"{LoadReport.NoDriver}the NVIDIA driver reports error {code}"
                : $"{LoadReport.Driver}for CUDA {version / 1000}.{version % 1000 / 10}, {Amounts.Count(devices, "device")}");
        return code != 0 ? -1 : devices;
    }

    // The first line is general advice of .NET; the message of the system loader follows.
    private static string Message(Exception exception) =>
        exception.Message.Split(
            '\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is [_, .. { Length: > 0 } details]
            ? string.Join("; ", details)
            : exception.Message;

    // Flushed, since the next step may crash the process.
    private static void Report(Screen screen, string line)
    {
        screen.WriteLine(line.ReplaceLineEndings(" "));
        screen.Output.Flush();
    }
}

/// <summary>
/// The folder with TorchSharp's native libraries: an output folder, or its subfolder <c>runtimes/RID/native</c> in a build for all
/// platforms.
/// </summary>
/// <param name="Path">The path of the folder.</param>
internal sealed record NativeFolder(string Path)
{
    public static string Platform { get; } =
        $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-"
            + $"{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";

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
    public IReadOnlyList<string> Libraries =>
        [.. new[] { File("c10"), Libtorch, LibtorchForCuda, TorchSharp }.Where(System.IO.File.Exists)];

    /// <summary>Returns the folder with TorchSharp's libraries for this platform; null if there are none.</summary>
    public static NativeFolder? Find(string output) =>
        new[] { output, System.IO.Path.Combine(output, "runtimes", Platform, "native") }
            .Select(path => new NativeFolder(path))
            .FirstOrDefault(folder => System.IO.File.Exists(folder.TorchSharp) || folder.HasLibtorch);

    private string File(string name) =>
        System.IO.Path.Combine(
            Path, OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so");
}
