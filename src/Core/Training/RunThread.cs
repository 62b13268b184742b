namespace Fulgurite;

/// <summary>Gives a run a thread of its own.</summary>
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
                // Whatever ended the run belongs to whoever awaits it.
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
