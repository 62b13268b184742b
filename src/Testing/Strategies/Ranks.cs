using System.Runtime.ExceptionServices;

namespace Fulgurite.Testing;

/// <summary>Runs what several processes do, each on a thread of its own.</summary>
public static class Ranks
{
    /// <summary>Runs a body once for each rank and returns when all have ended.</summary>
    /// <param name="count">How many ranks.</param>
    /// <param name="body">Given the rank, from zero. It disposes its strategy when it ends, so that no other waits for it for ever.</param>
    /// <exception cref="Exception">What the first body to fail threw.</exception>
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
                // Thrown again on the thread of the caller; those of the others mostly follow from it.
                lock (gate)
                {
                    first ??= ExceptionDispatchInfo.Capture(exception);
                }
            }
        }
    }
}
