using System.Runtime.InteropServices;

namespace Fulgurite.State;

/// <summary>The functions of libtorch itself, below TorchSharp, that the running build exports.</summary>
internal static class LibtorchExports
{
    // The switch is that of the storage: without it, optimizers and autocast take the paths of a system without these exports.
    private static readonly nint Library = AppContext.TryGetSwitch("Fulgurite.NativeCalls", out var isOn) && !isOn ? 0 : Load();

    /// <summary>The address of a function; zero if none of the name is exported.</summary>
    public static nint Find(string name) => Library != 0 && NativeLibrary.TryGetExport(Library, name, out var address) ? address : 0;

    private static nint Load()
    {
        // Loads libtorch, which is found by its name alone only afterwards.
        _ = TorchSharp.torch.get_num_threads();
        foreach (var name in (string[])["libtorch_cpu.so", "libtorch_cpu.dylib", "torch_cpu.dll"])
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                return library;
            }
        }

        return 0;
    }
}
