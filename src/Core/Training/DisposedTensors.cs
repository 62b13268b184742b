using System.Reflection;

namespace Fulgurite;

/// <summary>
/// Explains the errors of tensors that a dispose scope has disposed, for which TorchSharp's message has neither a cause nor a remedy.
/// </summary>
internal static class DisposedTensors
{
    private const string Message = "Tensor invalid -- empty handle";

    /// <summary>Returns the exception to throw: for a disposed tensor, one with cause and remedy; otherwise, the original.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="module">The module of the run.</param>
    public static Exception Explain(Exception exception, TrainingModule module)
    {
        if (!Find(exception))
        {
            return exception;
        }

        var text = $"A tensor was used after it was disposed ({module.GetType().Name}). Each step, and the loading of each batch, "
            + "has a dispose scope, at whose end "
            + "its tensors are disposed. Detach tensors that are kept longer with tensor.DetachFromDisposeScope() and dispose them "
            + "yourself: e.g. a hidden state or running mean "
            + "kept for the next step, outputs collected for the end of an epoch, tensors cached by a data set. "
            + "To return a tensor from your own dispose scope, call MoveToOuterDisposeScope(). A disposed module has no tensors.";
        return exception is DataSourceException failure
            ? new DataSourceException($"{failure.Message} {text}", failure)
            {
                Epoch = failure.Epoch,
                Batch = failure.Batch,
                Item = failure.Item,
            }
            : new InvalidOperationException(
                exception is InvalidOperationException && !IsEmptyHandle(exception) ? $"{exception.Message} {text}" : text, exception);
    }

    /// <summary>Creates the exception for a loss that was disposed before it was used.</summary>
    public static InvalidOperationException Loss(TrainingModule module) => new(
        $"The loss of {module.GetType().Name} was disposed before the trainer could use it. Your own dispose scope disposes all tensors "
            + "created in it: call loss.MoveToOuterDisposeScope() before the scope ends.");

    /// <summary>
    /// Unwraps exceptions that only carry another one, such as those of a restore, but not those of a type that the user has chosen.
    /// </summary>
    private static bool Find(Exception? exception) => IsEmptyHandle(exception)
        || ((exception is DataSourceException or AggregateException or TargetInvocationException
            || exception?.GetType() == typeof(InvalidOperationException)) && Find(exception.InnerException));

    private static bool IsEmptyHandle(Exception? exception) =>
        exception is InvalidOperationException && exception.Message.StartsWith(Message, StringComparison.Ordinal);
}
