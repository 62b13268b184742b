using System.Collections;
using Fulgurite.State;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Opens the data of a run at the position where it is to go on, in the way that the data offers.</summary>
internal sealed partial class DataFeed<TBatch>(IEnumerable<TBatch> data, ILogger logger, CancellationToken cancellation) : DataFeed
{
    private readonly IStatefulSource? _stateful = data as IStatefulSource;
    private bool _hasState;

    /// <summary>Whether the data has a state of its own, which counts a batch once it is given out.</summary>
    public bool IsStateful => _stateful is not null;

    /// <summary>How many batches an epoch has; null where that is not known.</summary>
    public int? BatchCount => BatchCounts.Of(data);

    /// <summary>Enumerates the batches of an epoch from a position. Enumerates the data once.</summary>
    /// <param name="epoch">The number of the epoch.</param>
    /// <param name="skip">How many of its batches were used.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled on the way to the position, or later while a batch was waited for.</exception>
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

    [LoggerMessage(1030, LogLevel.Warning, "{Data} does not know its position: {Batches} batches of epoch {Epoch} that were used already are loaded again and left out. The run continues exactly if the data gives the same order again. IBatchSource (DataSource.From) or IStatefulSource go on at once.")]
    private static partial void LogFastForward(ILogger logger, string data, int batches, int epoch);

    [LoggerMessage(1031, LogLevel.Warning, "The checkpoint holds the state of a data source, and {Data} has none (IStatefulSource): it is left out")]
    private static partial void LogUnusedState(ILogger logger, string data);

    [LoggerMessage(1033, LogLevel.Warning, "The checkpoint says that {Batches} batches of epoch {Epoch} were used, and {Data} has {Count}: nothing is left of this epoch, and the run goes on with the next. The data or the size of its batches is another than that of the run that saved.")]
    private static partial void LogBeyondTheEnd(ILogger logger, int batches, int epoch, string data, int count);
}

/// <summary>The training data of a run, as seen by checkpoints.</summary>
internal abstract class DataFeed
{
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
