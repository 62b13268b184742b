using System.Runtime.InteropServices;

namespace Fulgurite;

/// <summary>The handles and constants of the binary interface of an MPI library, which differ between its families.</summary>
/// <param name="Name">The name of the family.</param>
/// <param name="World">The communicator of all processes.</param>
/// <param name="Byte">The type of a byte.</param>
/// <param name="Float">The type of a float32.</param>
/// <param name="Double">The type of a float64.</param>
/// <param name="Sum">The operation that adds.</param>
/// <param name="InPlace">The address that stands for the receive buffer.</param>
/// <param name="IgnoredStatus">The address that stands for no status.</param>
/// <param name="ThreadMultiple">The level of thread support with which any thread may call MPI.</param>
internal sealed record MpiAbi(
    string Name, nint World, nint Byte, nint Float, nint Double, nint Sum, nint InPlace, nint IgnoredStatus, int ThreadMultiple)
{
    /// <summary>Recognizes the family of a library by its exports.</summary>
    /// <param name="library">The handle of the loaded library.</param>
    /// <param name="fileName">The name under which it was loaded.</param>
    public static MpiAbi Of(nint library, string fileName)
    {
        // Open MPI: handles are addresses of exported objects.
        if (NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out var world))
        {
            nint Export(string name) => NativeLibrary.GetExport(library, name);
            return new MpiAbi(
                "Open MPI", world, Export("ompi_mpi_byte"), Export("ompi_mpi_float"), Export("ompi_mpi_double"), Export("ompi_mpi_op_sum"),
                1, 0, 3);
        }

        // The standard interface of MPI 5 has a library name of its own; its handles are small numbers.
        return fileName.Contains("mpi_abi", StringComparison.Ordinal)
            ? new MpiAbi("MPI 5", 0x101, 0x247, 0x210, 0x214, 0x21, 1, 0, 4096)

            // MPICH and its relatives (Intel MPI, MVAPICH, Cray MPICH): handles are 32-bit numbers.
            : new MpiAbi("MPICH", 0x44000000, 0x4c00010d, 0x4c00040a, 0x4c00080b, 0x58000003, -1, 1, 3);
    }
}
