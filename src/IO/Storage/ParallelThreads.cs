using System.Runtime.ExceptionServices;

namespace Fulgurite.IO;

/// <summary>
/// Runs work on dedicated threads and the calling thread: file operations block, and blocked pool threads would delay the parallel loops of
/// the training.
/// </summary>
internal static class ParallelThreads
{
    /// <summary>Runs the work on all threads, waits for them, and throws the first failure.</summary>
    /// <param name="count">The number of threads.</param>
    /// <param name="work">The work; each thread repeatedly takes a share until none is left.</param>
    /// <param name="onFailure">Called when a thread fails, to release threads that wait for it.</param>
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
                // The first failure is the cause; later ones, such as an aborted wait, are only consequences.
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
