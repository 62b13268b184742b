namespace Fulgurite.Tests.IO.Async;

/// <summary>Notes what it does, in order, and waits in each save until the test lets it go on.</summary>
internal sealed class OrderedCheckpointIO : CheckpointIO
{
    private readonly SemaphoreSlim _gate = new(0);
    private readonly SemaphoreSlim _arrivals = new(0);
    private readonly List<string> _done = [];
    private readonly List<string> _policies = [];
    private volatile bool _isOpen;

    /// <summary>Saves as <c>+path</c> and removals as <c>-path</c>, in order.</summary>
    public IReadOnlyList<string> Done
    {
        get
        {
            lock (_done)
            {
                return [.. _done];
            }
        }
    }

    /// <summary>The scheduling policies of Linux that the saves ran under.</summary>
    public IReadOnlyList<string> Policies
    {
        get
        {
            lock (_done)
            {
                return [.. _policies];
            }
        }
    }

    /// <summary>Completes when a save has begun.</summary>
    public Task ArrivalAsync(CancellationToken cancellationToken) => _arrivals.WaitAsync(cancellationToken);

    /// <summary>Lets the save that has begun finish, and waits until the next one has begun.</summary>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        _gate.Release();
        await ArrivalAsync(cancellationToken);
    }

    /// <summary>Lets all saves finish from now on.</summary>
    public void Open()
    {
        _isOpen = true;
        _gate.Release(1 << 20);
    }

    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        _arrivals.Release();
        if (!_isOpen)
        {
            _gate.Wait(CancellationToken.None);
        }

        lock (_done)
        {
            _done.Add("+" + Path.GetFileName(path));
            _policies.Add(Policy());
        }

        return Task.CompletedTask;
    }

    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
        Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        lock (_done)
        {
            _done.Add("-" + Path.GetFileName(path));
        }

        return Task.CompletedTask;
    }

    // The policy is the 39th field after the name of the program, which is in parentheses.
    private static string Policy()
    {
        const string status = "/proc/thread-self/stat";
        return File.Exists(status) && File.ReadAllText(status) is var text
            ? text[(text.LastIndexOf(')') + 2)..].Split(' ')[38]
            : string.Empty;
    }
}
