using System.Collections;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The size of the current batch, which is the default weight of metrics in a mean.</summary>
internal sealed partial class CurrentBatchSize
{
    // A batch that contains itself has no size.
    private const int MaxDepth = 16;

    private object? _batch;
    private double? _value;
    private bool _compared;

    /// <summary>Gets or sets the logger of batches whose tensors disagree; null to disable logging.</summary>
    public ILogger? Log { get; set; }

    /// <summary>Gets the first dimension of the first tensor; 1 for a batch without tensors, and between batches.</summary>
    public double Value => _value ??= Math.Max(1, Measure() ?? 1);

    /// <summary>Called at the start of a step. The batch is measured when a metric first needs its size.</summary>
    public void Begin(object? batch) => (_batch, _value) = (batch, null);

    /// <summary>Called after the step and its hooks.</summary>
    public void End() => Begin(null);

    /// <summary>Called at the start of a run.</summary>
    public void Clear()
    {
        End();
        _compared = false;
    }

    private long? Measure()
    {
        var size = Of(_batch, 0);
        if (size is not null && !_compared)
        {
            _compared = true;
            var tensors = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
            BatchTensors.TryCollect(_batch, tensors);
            if (Log is not null
                && tensors.FirstOrDefault(tensor => !tensor.IsInvalid && tensor.dim() > 0 && tensor.shape[0] != size) is { } other)
            {
                LogAmbiguous(Log, size.Value, string.Join(", ", other.shape));
            }
        }

        return size;
    }

    private static long? Of(object? part, int depth) => part switch
    {
        null or string => null,
        Tensor tensor => tensor.IsInvalid ? null : tensor.dim() == 0 ? 1 : tensor.shape[0],
        _ when depth > MaxDepth || BatchParts.IsPlain(part.GetType()) => null,
        ITuple tuple => First(Enumerable.Range(0, tuple.Length).Select(index => tuple[index]), depth),
        IDictionary dictionary => First(dictionary.Values, depth),
        IList list => First(list, depth),
        _ => First(BatchParts.PartsOf(part), depth),
    };

    private static long? First(IEnumerable parts, int depth)
    {
        foreach (var part in parts)
        {
            if (Of(part, depth + 1) is { } size)
            {
                return size;
            }
        }

        return null;
    }

    [LoggerMessage(
        1063, LogLevel.Warning,
        "Means of metrics are weighted by the batch size, assumed to be {Size}, the first dimension of the first tensor, "
            + "but the batch also has a tensor of shape [{Shape}]. If the assumption is wrong, pass the weight to Log.")]
    private static partial void LogAmbiguous(ILogger logger, long size, string shape);
}
