using Fulgurite.Composition;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Trains one model on the CPUs of all processes that an MPI launcher (<c>mpirun</c>, <c>srun</c>) has started. Each process uses its share
/// of every batch, and gradients are averaged before every optimizer step.
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

    /// <summary>Initializes a strategy, and MPI with the first one of the process.</summary>
    /// <param name="checkpointIO">Writes, reads and removes checkpoints, in rank 0; owned by the strategy from now on.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="logger">The logger; null to disable logging.</param>
    /// <exception cref="DllNotFoundException">There is no MPI library.</exception>
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
        LogJoined(logger, process.Rank, process.Size, process.Library.Abi.Name, process.Library.FileName);
    }

    /// <inheritdoc/>
    public MpiStrategyOptions Options { get; }

    /// <inheritdoc/>
    public override Device RootDevice => CPU;

    /// <inheritdoc/>
    public override void SetUp(nn.Module module, Precision? precision = null)
    {
        _process.EnterRun();

        // All processes are here; later, its first read by one of them alone would wait for the others.
        _ = Collectives.LocalRank;
        base.SetUp(module, precision);
        if (module is IHasBlocks && OverlapsBackward && Collectives is MpiCollectives { WorldSize: > 1, HasFreeCores: false })
        {
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
