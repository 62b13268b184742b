namespace Fulgurite;

/// <summary>Runs a delegate on a dedicated thread.</summary>
internal static class RunThread
{
    public static Task<TResult> Start<TResult>(string name, Func<TResult> run)
    {
        var completion = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                completion.SetResult(run());
            }
            catch (Exception exception)
            {
                // All exceptions are passed to the awaiting caller.
                completion.SetException(exception);
            }
        })
        {
            Name = name,
            IsBackground = true,
        };
        thread.Start();
        return completion.Task;
    }
}
