using System.Collections;
using Fulgurite.State;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Opens the data of a run at the position to resume from, using the capabilities of the data.</summary>
internal sealed partial class DataFeed<TBatch>(IEnumerable<TBatch> data, ILogger logger, CancellationToken cancellation) : DataFeed
{
    private readonly IStatefulSource? _stateful = data as IStatefulSource;
    private bool _hasState;

    /// <summary>Gets whether the data has its own state, which includes a batch once it is returned.</summary>
    public bool IsStateful => _stateful is not null;

    /// <summary>Gets the number of batches in an epoch; null if it is unknown.</summary>
    public int? BatchCount => BatchCounts.Of(data);

    /// <summary>Enumerates the batches of an epoch from a position. Enumerates the data once.</summary>
    /// <param name="epoch">The zero-based epoch.</param>
    /// <param name="skip">The number of batches already used.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled while skipping to the position or waiting for a
    /// batch.</exception>
    public IEnumerator<TBatch> Open(int epoch, int skip)
    {
        if (BatchCount is { } count && skip > count)
        {
            LogBeyondTheEnd(logger, skip, epoch, data.GetType().Name, count);
        }

        if (data is IBatchSource<TBatch> source)
        {
            return source.GetBatches(epoch, skip).GetEnumerator().WakenBy(cancellation);
        }

        var batches = data.GetEnumerator().WakenBy(cancellation);
        try
        {
            if (skip > 0 && !_hasState)
            {
                LogFastForward(logger, data.GetType().Name, skip, epoch);
                FastForward(batches, skip);
            }

            _hasState = false;
            return batches;
        }
        catch
        {
            batches.Dispose();
            throw;
        }
    }

    public override double WeightOf(int batch) => data is IBatchSource<TBatch> source ? source.WeightOf(batch) : 1;

    public override StateMap? StateDict() => _stateful?.StateDict();

    public override void LoadStateDict(StateMap state)
    {
        if (_stateful is null)
        {
            LogUnusedState(logger, data.GetType().Name);
            return;
        }

        _stateful.LoadStateDict(state);
        _hasState = true;
    }

    private void FastForward(IEnumerator<TBatch> batches, int skip)
    {
        for (var index = 0; index < skip; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            if (!batches.MoveNext())
            {
                break;
            }
        }
    }

    [LoggerMessage(
        1030, LogLevel.Warning,
        "{Data} has no position: {Batches} used batches of epoch {Epoch} are loaded again and skipped. The run continues exactly only if "
            + "the order of the data is the same. Use IBatchSource (DataSource.From) or IStatefulSource to resume immediately.")]
    private static partial void LogFastForward(ILogger logger, string data, int batches, int epoch);

    [LoggerMessage(
        1031, LogLevel.Warning,
        "The checkpoint has the state of a data source, but {Data} is not an IStatefulSource: the state is ignored")]
    private static partial void LogUnusedState(ILogger logger, string data);

    [LoggerMessage(
        1033, LogLevel.Warning,
        "The checkpoint was saved after {Batches} batches of epoch {Epoch}, but {Data} has only {Count}: "
            + "the run continues with the next epoch. The data or its batch size has changed since the checkpoint was saved.")]
    private static partial void LogBeyondTheEnd(ILogger logger, int batches, int epoch, string data, int count);
}

/// <summary>The training data of a run, as seen by checkpoints.</summary>
internal abstract class DataFeed
{
    /// <summary>Returns the weight of the loss of a batch (<see cref="IBatchSource{TBatch}.WeightOf"/>).</summary>
    public abstract double WeightOf(int batch);

    /// <summary>Returns the state of the data for a checkpoint; null if its position, which is counted, is sufficient.</summary>
    public abstract StateMap? StateDict();

    /// <summary>Restores the state that <see cref="StateDict"/> returned.</summary>
    public abstract void LoadStateDict(StateMap state);
}

/// <summary>An enumerable whose enumerators are created by a function.</summary>
internal sealed class EnumerableOf<T>(Func<IEnumerator<T>> make) : IEnumerable<T>
{
    public IEnumerator<T> GetEnumerator() => make();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
