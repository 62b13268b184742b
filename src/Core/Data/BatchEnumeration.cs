using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Consumes and disposes batches. If disposal fails too, the original exception is kept.</summary>
internal static partial class BatchEnumeration
{
    public static TResult Use<TBatch, TResult>(this IEnumerator<TBatch> batches, Func<IEnumerator<TBatch>, TResult> use, ILogger logger)
    {
        TResult result;
        try
        {
            result = use(batches);
        }
        catch
        {
            try
            {
                batches.Dispose();
            }
            catch (Exception second)
            {
                LogNotDisposed(logger, second);
            }

            throw;
        }

        batches.Dispose();
        return result;
    }

    /// <summary>Lets a cancellation end the wait for batches that threads make ahead; others are waited for.</summary>
    public static IEnumerator<TBatch> WakenBy<TBatch>(this IEnumerator<TBatch> batches, CancellationToken cancellation)
    {
        if (batches is BatchWorkers<TBatch> workers)
        {
            workers.Cancellation = cancellation;
        }

        return batches;
    }

    [LoggerMessage(1032, LogLevel.Error, "The data could not be disposed after the exception that ended its enumeration")]
    private static partial void LogNotDisposed(ILogger logger, Exception exception);
}
