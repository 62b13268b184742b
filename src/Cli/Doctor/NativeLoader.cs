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
        Report(screen, code != 0 ? $"{LoadReport.NoDriver}the NVIDIA driver reports error {code}" : $"{LoadReport.Driver}for CUDA {version / 1000}.{version % 1000 / 10}, {Amounts.Count(devices, "device")}");
        return code != 0 ? -1 : devices;
    }

    // The first line is general advice of .NET; the message of the system loader follows.
    private static string Message(Exception exception) =>
        exception.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is [_, .. { Length: > 0 } details] ? string.Join("; ", details) : exception.Message;

    // Flushed, since the next step may crash the process.
    private static void Report(Screen screen, string line)
    {
        screen.WriteLine(line.ReplaceLineEndings(" "));
        screen.Output.Flush();
    }
}
