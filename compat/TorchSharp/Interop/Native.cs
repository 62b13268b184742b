using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The functions of libfulgurite_torch.so.</summary>
internal static unsafe partial class Native
{
    private const string Library = "fulgurite_torch";

    static Native() => NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, Resolve);

    // Operators
    [DllImport(Library)]
    public static extern nint fg_find_op(byte* name, byte* overload);

    [DllImport(Library)]
    public static extern int fg_call(nint op, Value* arguments, int count, Value* results, int room);

    [DllImport(Library)]
    public static extern void fg_free(nint memory);

    [DllImport(Library)]
    public static extern byte* fg_last_error();

    [DllImport(Library)]
    public static extern byte* fg_version_text();

    /// <summary>Throws what libtorch said if <paramref name="status"/> is not 0.</summary>
    public static void Check(int status)
    {
        if (status != 0)
        {
            Throw();
        }
    }

    /// <summary>Throws what libtorch said if there is no pointer.</summary>
    public static nint Check(nint pointer)
    {
        if (pointer == 0)
        {
            Throw();
        }

        return pointer;
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    public static void Throw() => throw new ExternalException(Marshal.PtrToStringUTF8((nint)fg_last_error()));

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
        {
            return 0;
        }

        var file = Path.Combine(AppContext.BaseDirectory, "libfulgurite_torch.so");
        if (!File.Exists(file))
        {
            file = Path.Combine(Path.GetDirectoryName(assembly.Location) ?? "", "libfulgurite_torch.so");
        }

        try
        {
            // Beside no assembly where it comes from a package: there the runtime knows where it lies.
            return File.Exists(file) ? NativeLibrary.Load(file) : NativeLibrary.Load(name, assembly, path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            // The last line of the loader's message is its reason; the lines before explain how to look for one.
            var reason = e.Message.Trim().Split('\n')[^1];
            throw new DllNotFoundException(
                "The bridge to libtorch cannot be loaded. It needs the libtorch that it was built with: "
                + "run apt-get install g++ libtorch-dev libopenblas0-openmp, or set Torch_DIR to an unpacked libtorch, and build again. "
                + $"The reason: {reason}",
                e);
        }
    }
}
