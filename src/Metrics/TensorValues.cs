namespace Fulgurite.Metrics;

/// <summary>Reads the elements of tensors, and checks the shapes of predictions and targets.</summary>
internal static class TensorValues
{
    /// <summary>Returns the elements in row-major order.</summary>
    public static double[] ToDoubles(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float64, CPU).contiguous().data<double>().ToArray();
    }

    /// <summary>Returns class numbers: those given, or the positions of the highest scores of the rows.</summary>
    public static double[] ToClasses(this Tensor predictions, Tensor targets)
    {
        if (predictions.dim() == 1)
        {
            CheckSameShape(predictions, targets);
            return predictions.ToDoubles();
        }

        CheckRows(predictions, targets);
        using var highest = predictions.argmax(1);
        return highest.ToDoubles();
    }

    /// <summary>Checks that there are scores [N, classes] for targets [N].</summary>
    public static void CheckRows(Tensor scores, Tensor targets, long? classes = null)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(targets);
        if (scores.dim() != 2 || targets.dim() != 1 || scores.shape[0] != targets.shape[0]
            || scores.shape[1] != (classes ?? scores.shape[1]))
        {
            throw new ArgumentException(
                $"Expected scores of the shape [N, {classes?.ToString() ?? "classes"}] and targets of the shape [N], "
                    + $"but got {Shape(scores)} and {Shape(targets)}.",
                nameof(scores));
        }
    }

    /// <summary>Checks that there is a target for each prediction.</summary>
    public static void CheckSameShape(Tensor predictions, Tensor targets)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(targets);
        if (!predictions.shape.AsSpan().SequenceEqual(targets.shape))
        {
            throw new ArgumentException(
                $"Expected predictions and targets of the same shape, but got {Shape(predictions)} and {Shape(targets)}. "
                    + "Reshape one of them, for example with squeeze(1).",
                nameof(targets));
        }
    }

    /// <summary>Checks that there are predictions and targets [N, columns].</summary>
    public static void CheckColumns(Tensor predictions, Tensor targets, int? columns = null)
    {
        CheckSameShape(predictions, targets);
        if (predictions.dim() != 2 || predictions.shape[1] != (columns ?? predictions.shape[1]))
        {
            throw new ArgumentException(
                $"Expected the shape [N, {columns?.ToString() ?? "labels"}], but got {Shape(predictions)}.", nameof(predictions));
        }
    }

    /// <summary>Returns a class number as an index.</summary>
    public static int ToIndex(double number, int classes) => number >= 0 && number < classes && number == Math.Floor(number)
        ? (int)number
        : throw new ArgumentException($"Expected a class from 0 to {classes - 1}, but got {number}.", nameof(number));

    private static string Shape(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
}
