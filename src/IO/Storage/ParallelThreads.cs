using System.Runtime.ExceptionServices;

namespace Fulgurite.IO;

/// <summary>
/// Runs the same work on a few threads of its own, the caller's included: file work blocks, and blocked threads of the pool would keep
/// the training's own parallel loops from running.
/// </summary>
internal static class ParallelThreads
{
    /// <summary>Runs the work until every thread has returned from it, and throws the first failure.</summary>
    /// <param name="count">How many threads.</param>
    /// <param name="work">The work; each thread takes its share until none is left.</param>
    /// <param name="onFailure">Called when a thread fails, so that the others stop waiting for it.</param>
    public static void Run(int count, Action work, Action onFailure)
    {
        ExceptionDispatchInfo? failure = null;
        void Guarded()
        {
            try
            {
                work();
            }
            catch (Exception exception)
            {
                // The first one is the cause; what follows, such as a wait that was let go, only results from it.
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
                onFailure();
            }
        }

        var others = new Thread[count - 1];
        for (var index = 0; index < others.Length; index++)
        {
            others[index] = new Thread(Guarded) { IsBackground = true, Name = "Fulgurite file" };
            others[index].UnsafeStart();
        }

        Guarded();
        foreach (var other in others)
        {
            other.Join();
        }

        failure?.Throw();
    }
}
