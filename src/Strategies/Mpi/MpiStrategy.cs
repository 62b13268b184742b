using Fulgurite.Composition;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Trains one model in all processes that an MPI launcher (<c>mpirun</c>, <c>srun</c>) has started. Each process uses its share of every
/// batch, and gradients are averaged before every optimizer step.
/// </summary>
/// <remarks>
/// The rank and the number of processes come from MPI; a process without a launcher trains alone. Rank 0 writes checkpoints and logs. A
/// failure in one process is reported by all and ends all.
/// </remarks>
[Plugin("mpi")]
public sealed partial class MpiStrategy : ParallelStrategy, IConfigurable<MpiStrategyOptions>
{
    private readonly MpiProcess _process;
    private readonly ILogger _logger;
    private bool _saidCores;

    /// <summary>Initializes a strategy, and MPI with the first one of the process.</summary>
    /// <param name="checkpointIO">Writes, reads and removes checkpoints, in rank 0; owned by the strategy from now on.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="logger">The logger; null to disable logging.</param>
    /// <exception cref="DllNotFoundException">There is no MPI library.</exception>
    /// <exception cref="InvalidOperationException">
    /// The library does not belong to the launcher; or <see cref="MpiStrategyOptions.Device"/> is a CUDA device, and the library is not
    /// CUDA-aware or the device is not available.
    /// </exception>
    public MpiStrategy(CheckpointIO checkpointIO, MpiStrategyOptions? options = null, ILogger<MpiStrategy>? logger = null)
        : this(
            checkpointIO, options ?? new MpiStrategyOptions(), MpiProcess.Join(options?.Library),
            logger ?? NullLogger<MpiStrategy>.Instance)
    {
    }

    private MpiStrategy(CheckpointIO checkpointIO, MpiStrategyOptions options, MpiProcess process, ILogger logger)
        : base(checkpointIO, new MpiCollectives(process, options, message => LogWaiting(logger, message)))
    {
        (Options, _process, _logger) = (options, process, logger);
        (CompareEvery, OverlapsBackward) = (options.CompareEvery, options.OverlapBackward != false);
        process.ReportAfter = options.ReportAfter;
        RootDevice = DeviceOf(options, process.Library.FileName, () => process.Library.IsCudaAware, () => Collectives.LocalRank);
        LogJoined(logger, process.Rank, process.Size, process.Library.Abi.Name, process.Library.FileName);
    }

    /// <inheritdoc/>
    public MpiStrategyOptions Options { get; }

    /// <inheritdoc/>
    public override Device RootDevice { get; }

    /// <inheritdoc/>
    public override void SetUp(nn.Module module, Precision? precision = null)
    {
        _process.EnterRun();

        // All processes are here; later, its first read by one of them alone would wait for the others.
        _ = Collectives.LocalRank;
        base.SetUp(module, precision);
        if (!_saidCores && module is IHasBlocks && OverlapsBackward
            && Collectives is MpiCollectives { WorldSize: > 1, HasFreeCores: false })
        {
            _saidCores = true;
            LogNoFreeCores(
                _logger, Options.OverlapBackward is null ? LogLevel.Information : LogLevel.Warning,
                Options.OverlapBackward is null ? "averaged after the backward pass" : "averaged during the backward pass, which slows it");
        }
    }

    /// <inheritdoc/>
    public override void Fail(Exception cause)
    {
        base.Fail(cause);
        _process.FailureIsKnown = true;
    }

    /// <inheritdoc/>
    public override void TearDown()
    {
        base.TearDown();
        _process.LeaveRun();
    }

    /// <inheritdoc/>
    public override T ToDevice<T>(T batch)
    {
        if (RootDevice.type == DeviceType.CUDA)
        {
            CudaDevices.SeedFromCpu();
        }

        return base.ToDevice(batch);
    }

    /// <summary>Returns the device of this process.</summary>
    /// <param name="options">The options.</param>
    /// <param name="library">The name of the MPI library.</param>
    /// <param name="isCudaAware">Asks the library; before the devices are asked for.</param>
    /// <param name="localRank">Returns the rank on this machine; all processes call it.</param>
    /// <exception cref="InvalidOperationException">The library is not CUDA-aware, or the device is not available.</exception>
    internal static Device DeviceOf(MpiStrategyOptions options, string library, Func<bool> isCudaAware, Func<int> localRank)
    {
        var device = new Device(options.Device);
        if (device.type == DeviceType.CPU)
        {
            return CPU;
        }

        var asked = $"{nameof(MpiStrategyOptions)}.{nameof(options.Device)} is '{options.Device}'";
        if (device.type != DeviceType.CUDA)
        {
            throw new InvalidOperationException($"{asked}. Allowed is cpu, cuda or cuda:N.");
        }

        if (!isCudaAware())
        {
            throw new InvalidOperationException(
                $"{asked}, and the MPI library {library} is not CUDA-aware: it cannot take the memory of a device. Use an MPI with CUDA "
                    + "(Open MPI or UCX configured with --with-cuda, or MPICH with MPIR_CVAR_ENABLE_GPU=1), or set the device to 'cpu'.");
        }

        if (options.Device.Contains(':', StringComparison.Ordinal))
        {
            return CudaDevices.Require(device, asked);
        }

        var index = localRank();
        return CudaDevices.Require(
            new Device(DeviceType.CUDA, index), $"{asked}, which is device {index} for the rank {index} of this machine");
    }

    [LoggerMessage(5200, LogLevel.Debug, "This process is rank {Rank} of {Size} ({Family}, {Library})")]
    private static partial void LogJoined(ILogger logger, int rank, int size, string family, string library);

    [LoggerMessage(
        EventId = 5202,
        Message = "Gradients of blocks are {Consequence}: a process has no core for it besides those of its threads. "
            + "Start fewer processes, or give each fewer threads (OMP_NUM_THREADS) or more cores (--bind-to none)")]
    private static partial void LogNoFreeCores(ILogger logger, LogLevel level, string consequence);

    [LoggerMessage(5201, LogLevel.Warning, "{Message}")]
    private static partial void LogWaiting(ILogger logger, string message);
}
