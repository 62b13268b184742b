using System.Globalization;
using System.Runtime.InteropServices;

namespace Fulgurite;

/// <summary>Adds the position in the run to errors of libtorch, and leaves the C++ frames to the inner exception.</summary>
internal static class NativeErrors
{
    /// <summary>Returns the exception to throw.</summary>
    /// <param name="exception">The error of libtorch.</param>
    /// <param name="module">The module of the run.</param>
    /// <param name="stage">What the module was doing, e.g. <c>training</c>.</param>
    /// <param name="epoch">The zero-based epoch; null outside a fit.</param>
    /// <param name="batch">The zero-based index of the batch.</param>
    public static InvalidOperationException At(ExternalException exception, TrainingModule module, string stage, int? epoch, int batch)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"{(epoch is { } number ? $"epoch {number + 1}, " : string.Empty)}batch {batch + 1}");
        return new InvalidOperationException($"{module.GetType().Name} failed in {stage}, {place}: {Reason(exception.Message)}", exception);
    }

    /// <summary>Returns the message without the stack of libtorch.</summary>
    private static string Reason(string message)
    {
        var frames = message.IndexOf("Exception raised from", StringComparison.Ordinal);
        return (frames > 0 ? message[..frames] : message).Trim();
    }
}
