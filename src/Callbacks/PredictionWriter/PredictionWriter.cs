using System.Collections;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>Base class for writing predictions, batch by batch or all at the end.</summary>
/// <param name="interval">The times of writing. The default is after every batch.</param>
public abstract class PredictionWriter(WriteInterval interval = WriteInterval.Batch) : Callback
{
    private readonly List<object?> _kept = [];

    /// <summary>Gets the times of writing.</summary>
    public WriteInterval Interval { get; } = interval;

    /// <inheritdoc/>
    public override void OnPredictStart(OnPredictStartArguments arguments) => Release();

    /// <inheritdoc/>
    public override void OnPredictBatchEnd(OnPredictBatchEndArguments arguments)
    {
        if (Interval != WriteInterval.Epoch)
        {
            WriteBatch(arguments);
        }

        if (Interval != WriteInterval.Batch)
        {
            _kept.Add(Keep(arguments.Prediction));
        }
    }

    /// <inheritdoc/>
    public override void OnPredictEpochEnd(OnPredictEpochEndArguments arguments)
    {
        if (Interval != WriteInterval.Batch)
        {
            WriteEpoch(arguments, _kept);
            Release();
        }
    }

    /// <inheritdoc/>
    public override void TearDown(TearDownArguments arguments) => Release();

    /// <summary>Writes the prediction of one batch. The default does nothing.</summary>
    /// <param name="arguments">The batch and the prediction; both are disposed after the call.</param>
    protected virtual void WriteBatch(OnPredictBatchEndArguments arguments)
    {
    }

    /// <summary>Writes all predictions. The default does nothing.</summary>
    /// <param name="arguments">The trainer and the module.</param>
    /// <param name="predictions">
    /// The predictions of all batches in order; tensors are copies on the CPU, tuples and lists are arrays. Disposed after the call.
    /// </param>
    protected virtual void WriteEpoch(OnPredictEpochEndArguments arguments, IReadOnlyList<object?> predictions)
    {
    }

    private static object? Keep(object? prediction) => prediction switch
    {
        Tensor tensor => Copy(tensor),
        ITuple tuple => Enumerable.Range(0, tuple.Length).Select(index => Keep(tuple[index])).ToArray(),
        string text => text,
        IDictionary dictionary => dictionary.Keys.Cast<object>().ToDictionary(key => key, key => Keep(dictionary[key])),
        IEnumerable items => items.Cast<object?>().Select(Keep).ToArray(),
        _ => prediction,
    };

    private static Tensor Copy(Tensor tensor)
    {
        using var detached = tensor.detach();
        return detached.to(CPU, copy: true).DetachFromDisposeScope();
    }

    private void Release()
    {
        foreach (var prediction in _kept)
        {
            Release(prediction);
        }

        _kept.Clear();
    }

    private static void Release(object? prediction)
    {
        switch (prediction)
        {
            case Tensor tensor:
                tensor.Dispose();
                break;
            case object?[] items:
                Array.ForEach(items, Release);
                break;
            case IDictionary dictionary:
                foreach (var value in dictionary.Values)
                {
                    Release(value);
                }

                break;
            default:
                break;
        }
    }
}

/// <summary>The times at which a <see cref="PredictionWriter"/> writes.</summary>
public enum WriteInterval
{
    /// <summary>After every batch; predictions are not kept.</summary>
    Batch,

    /// <summary>After all batches; predictions are kept in host memory until then.</summary>
    Epoch,

    /// <summary>After every batch and after all.</summary>
    BatchAndEpoch,
}
