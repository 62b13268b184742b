using System.Runtime.InteropServices;

namespace Fulgurite;

/// <summary>The functions of the MPI library of this process.</summary>
/// <remarks>
/// The arguments of the functions are those of C. Handles of the MPICH family have 32 bits and are passed in the lower half of a register.
/// </remarks>
internal sealed unsafe class MpiLibrary
{
    private readonly nint _library;
    private readonly delegate* unmanaged<nint, nint, int, int*, int> _initThread;
    private readonly delegate* unmanaged<int*, int> _initialized;
    private readonly delegate* unmanaged<int*, int> _queryThread;
    private readonly delegate* unmanaged<int> _queryCudaSupport;
    private readonly delegate* unmanaged<int> _finalize;
    private readonly delegate* unmanaged<nint, int, int> _abort;
    private readonly delegate* unmanaged<nint, int*, int> _commRank;
    private readonly delegate* unmanaged<nint, int*, int> _commSize;
    private readonly delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> _isend;
    private readonly delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> _irecv;
    private readonly delegate* unmanaged<void*, int, nint, int, nint, int> _bcast;
    private readonly delegate* unmanaged<nint, void*, int, nint, nint, nint, int> _allreduce;
    private readonly delegate* unmanaged<nint*, int*, nint, int> _test;

    private MpiLibrary(nint library, string fileName)
    {
        _library = library;
        FileName = fileName;
        Abi = MpiAbi.Of(library, fileName);
        _initThread = (delegate* unmanaged<nint, nint, int, int*, int>)Export("MPI_Init_thread");
        _initialized = (delegate* unmanaged<int*, int>)Export("MPI_Initialized");
        _queryThread = (delegate* unmanaged<int*, int>)Export("MPI_Query_thread");
        _queryCudaSupport = (delegate* unmanaged<int>)(
            NativeLibrary.TryGetExport(library, "MPIX_Query_cuda_support", out var query) ? query : 0);
        _finalize = (delegate* unmanaged<int>)Export("MPI_Finalize");
        _abort = (delegate* unmanaged<nint, int, int>)Export("MPI_Abort");
        _commRank = (delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_rank");
        _commSize = (delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_size");
        _isend = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Export("MPI_Isend");
        _irecv = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Export("MPI_Irecv");
        _bcast = (delegate* unmanaged<void*, int, nint, int, nint, int>)Export("MPI_Bcast");
        _allreduce = (delegate* unmanaged<nint, void*, int, nint, nint, nint, int>)Export("MPI_Allreduce");
        _test = (delegate* unmanaged<nint*, int*, nint, int>)Export("MPI_Test");
    }

    public MpiAbi Abi { get; }

    /// <summary>Gets the name under which the library was loaded.</summary>
    public string FileName { get; }

    /// <summary>
    /// Gets a value indicating whether the library says that it takes the addresses of CUDA tensors. Only known after the initialization.
    /// </summary>
    public bool IsCudaAware => _queryCudaSupport is not null && _queryCudaSupport() != 0;

    /// <summary>Loads the MPI library of the launcher that started this process, or the one of the system.</summary>
    /// <param name="path">The path or file name of the library; null to find it.</param>
    /// <exception cref="DllNotFoundException">There is none.</exception>
    public static MpiLibrary Load(string? path)
    {
        // The library must be of the family of the launcher; with another one every process would be a group of one.
        string[] openMpi = ["libmpi.so.40", "libmpi.so.80", "libmpi.40.dylib"];
        string[] mpich = ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib", "libmpi_intel.so.12", "impi.dll"];
        var byOpenMpi = Has("OMPI_COMM_WORLD_SIZE");
        var byMpich = !byOpenMpi && (Has("PMI_SIZE") || Has("PMI_RANK") || Has("MPI_LOCALNRANKS"));
        string[] names = path is not null ? [path]
            : byMpich ? [.. mpich, "libmpi_abi.so.0", .. openMpi, "mpi"]
            : [.. openMpi, .. mpich, "libmpi_abi.so.0", "mpi"];
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                return new MpiLibrary(library, name);
            }
        }

        throw new DllNotFoundException(
            $"There is no MPI library: {string.Join(", ", names)} cannot be loaded. Install Open MPI or MPICH (Debian: "
                + "openmpi-bin or mpich), "
            + $"or set {nameof(MpiStrategyOptions)}.{nameof(MpiStrategyOptions.Library)} to its path.");
    }

    /// <summary>Initializes MPI unless the program has done so.</summary>
    /// <returns>The provided level of thread support.</returns>
    public int Initialize()
    {
        int initialized, provided;
        Check(_initialized(&initialized), "MPI_Initialized");
        if (initialized == 0)
        {
            Check(_initThread(0, 0, Abi.ThreadMultiple, &provided), "MPI_Init_thread");
        }
        else
        {
            Check(_queryThread(&provided), "MPI_Query_thread");
        }

        return provided;
    }

    public void Terminate() => Check(_finalize(), "MPI_Finalize");

    public void Abort(int exitCode) => _ = _abort(Abi.World, exitCode);

    public (int Rank, int Size) Group()
    {
        int rank, size;
        Check(_commRank(Abi.World, &rank), "MPI_Comm_rank");
        Check(_commSize(Abi.World, &size), "MPI_Comm_size");
        return (rank, size);
    }

    /// <summary>Starts to send bytes. The memory stays unchanged until the request is completed.</summary>
    public nint Send(void* bytes, int count, int rank, int tag)
    {
        nint request = 0;
        Check(_isend(bytes, count, Abi.Byte, rank, tag, Abi.World, &request), "MPI_Isend");
        return request;
    }

    /// <summary>Starts to receive bytes. The memory is used until the request is completed.</summary>
    public nint Receive(void* bytes, int count, int rank, int tag)
    {
        nint request = 0;
        Check(_irecv(bytes, count, Abi.Byte, rank, tag, Abi.World, &request), "MPI_Irecv");
        return request;
    }

    /// <summary>Returns whether a request is completed.</summary>
    public bool IsCompleted(ref nint request)
    {
        int completed;
        var copy = request;
        Check(_test(&copy, &completed, Abi.IgnoredStatus), "MPI_Test");
        request = copy;
        return completed != 0;
    }

    public void Broadcast(void* bytes, int count, int source) =>
        Check(_bcast(bytes, count, Abi.Byte, source, Abi.World), "MPI_Bcast");

    /// <summary>Replaces numbers by their sums over all processes.</summary>
    public void Sum(void* numbers, int count, bool isDouble) =>
        Check(_allreduce(Abi.InPlace, numbers, count, isDouble ? Abi.Double : Abi.Float, Abi.Sum, Abi.World), "MPI_Allreduce");

    private static bool Has(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };

    private static void Check(int status, string function)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"{function} failed with the MPI error {status}.");
        }
    }

    private nint Export(string name) => NativeLibrary.GetExport(_library, name);
}
