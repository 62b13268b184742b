namespace Fulgurite.IO;

/// <summary>The turn of a read of one path: it waits for earlier operations on the path, and later ones wait for it.</summary>
internal sealed class ReadTurn : IDisposable
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WorkQueue _queue;
    private readonly string _key;
    private readonly Task _before;

    private ReadTurn(WorkQueue queue, string path)
    {
        (_queue, _key) = (queue, PathKey.Of(path));
        _before = queue.BeginLoad(_key, _ended.Task);
    }

    /// <summary>Takes a place in the queue at once, and completes when the turn has come.</summary>
    public static async Task<ReadTurn> TakeAsync(WorkQueue queue, string path, CancellationToken cancellationToken)
    {
        var turn = new ReadTurn(queue, path);
        try
        {
            await turn._before.WaitAsync(cancellationToken).ConfigureAwait(false);
            return turn;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _queue.EndLoad(_key, _ended.Task);
        _ended.SetResult();
    }
}
