using System.Runtime.ExceptionServices;

namespace Fulgurite.Testing;

/// <summary>Runs code for several ranks, each on its own thread.</summary>
public static class Ranks
{
    /// <summary>Runs a delegate once for each rank and returns when all have ended.</summary>
    /// <param name="count">The number of ranks.</param>
    /// <param name="body">
    /// The delegate; receives the zero-based rank. It must dispose its strategy, so that no other rank waits forever.
    /// </param>
    /// <exception cref="Exception">The first exception thrown by a delegate.</exception>
    public static void Run(int count, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var gate = new Lock();
        ExceptionDispatchInfo? first = null;
        var threads = Enumerable.Range(0, count).Select(rank => new Thread(() => RunOne(rank)) { Name = $"rank {rank}", IsBackground = true }).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        first?.Throw();

        void RunOne(int rank)
        {
            try
            {
                body(rank);
            }
            catch (Exception exception)
            {
                // Rethrown on the calling thread; other exceptions are mostly consequences of the first one.
                lock (gate)
                {
                    first ??= ExceptionDispatchInfo.Capture(exception);
                }
            }
        }
    }
}
