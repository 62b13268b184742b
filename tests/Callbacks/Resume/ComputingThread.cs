using System.Runtime.ExceptionServices;

namespace Fulgurite.Tests.Callbacks.Resume;

/// <summary>A thread on which libtorch computes with a number of threads; that number belongs to the thread that asks for it.</summary>
internal static class ComputingThread
{
    /// <summary>Runs something on one, and returns or throws what it does.</summary>
    public static T Run<T>(int threads, Func<T> compute)
    {
        var before = get_num_threads();
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            set_num_threads(threads);
            try
            {
                result = compute();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();

        // Threads that begin to compute later take over what was set last.
        set_num_threads(before);
        failure?.Throw();
        return result!;
    }
}
