using System.Collections.Concurrent;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// Averages the gradients of the blocks of a module (<see cref="IHasBlocks"/>) in buckets, on a thread of its own, as soon as the backward
/// pass has left a block.
/// </summary>
/// <remarks>
/// The buckets, and their order, are the same in all processes, and whether they are averaged during or after the backward pass. So the
/// results are the same bits. A bucket starts when all of its parameters have the gradient of this pass; what has none at the end of the
/// pass is used by other processes at most, and counts as zero. The thread of the run makes no collective call between the start of a pass
/// in the background and <see cref="Wait"/>.
/// </remarks>
internal sealed class GradientOverlap : IDisposable
{
    private readonly ProcessCollectives _collectives;
    private readonly List<Parameter[]> _blocks = [];
    private readonly List<IDisposable> _marks = [];
    private readonly BlockingCollection<Action> _work = [];
    private readonly bool _inBackground;
    private readonly long _bucketBytes;
    private Thread? _thread;

    // The current pass, by the thread of the run. Gradients are kept until its end, since libtorch still uses those of the marks.
    private readonly List<Tensor> _kept = [];
    private List<GradientBucket> _buckets = [];
    private int _started;
    private bool _isRunning;
    private TaskCompletionSource? _pass;

    /// <param name="module">The module.</param>
    /// <param name="blocks">Its blocks, in the order of the forward pass.</param>
    /// <param name="collectives">The collectives of the processes.</param>
    /// <param name="inBackground">Whether buckets start during the backward pass.</param>
    /// <param name="bucketBytes">The size of a bucket in bytes, which a single larger gradient may exceed.</param>
    public GradientOverlap(
        nn.Module module,
        IEnumerable<nn.Module<Tensor, Tensor>> blocks,
        ProcessCollectives collectives,
        bool inBackground,
        long bucketBytes)
    {
        (_collectives, _inBackground, _bucketBytes) = (collectives, inBackground && collectives.ReducesInBackground, bucketBytes);
        var own = new HashSet<IntPtr>(module.parameters().Select(parameter => parameter.Handle));
        foreach (var block in blocks.Reverse())
        {
            // A shared parameter belongs to the first block that uses it, which the backward pass leaves last.
            var parameters = block.parameters().Where(parameter => own.Contains(parameter.Handle)).ToArray();
            var handles = parameters.Select(parameter => parameter.Handle).ToHashSet();
            for (var later = 0; later < _blocks.Count; later++)
            {
                _blocks[later] = Array.FindAll(_blocks[later], parameter => !handles.Contains(parameter.Handle));
            }

            _blocks.Add(parameters);
            if (_inBackground)
            {
                var hook = block.register_forward_pre_hook((_, input) => BlockMark.On(input, Reach));
                _marks.Add(new Removal(hook.remove));
            }
        }
    }

    /// <summary>Gets the number of buckets that have started before the end of their backward pass.</summary>
    public int StartedEarly { get; private set; }

    /// <summary>Gets the number of gradients that are kept for the backward pass.</summary>
    public int Kept => _kept.Count;

    /// <summary>Computes gradients, and starts to average those of blocks.</summary>
    /// <param name="backward">The backward pass.</param>
    /// <param name="mayInclude">Returns whether a parameter is averaged in buckets; the same in all processes.</param>
    public void Backward(Action backward, Func<Parameter, bool> mayInclude)
    {
        if (!_inBackground)
        {
            backward();
            return;
        }

        // A gradient that is there during the pass is then that of this pass, and complete.
        Begin(mayInclude);
        _buckets.ForEach(bucket => bucket.SetAside());
        _isRunning = true;
        try
        {
            backward();
        }
        finally
        {
            _isRunning = false;
            Start(_buckets.Count);
        }
    }

    /// <summary>Computes gradients that are averaged after a later backward pass.</summary>
    public void Accumulate(Action backward)
    {
        try
        {
            backward();
        }
        finally
        {
            Forget();
        }
    }

    /// <summary>Waits until all buckets that the last backward pass has started are averaged.</summary>
    public void Wait()
    {
        try
        {
            _pass?.Task.GetAwaiter().GetResult();
        }
        finally
        {
            _pass = null;
            Forget();
        }
    }

    /// <summary>
    /// Replaces the gradients of blocks by their averages, which the last backward pass has begun to compute, or which are computed now.
    /// They remain those of this process where a bucket does not apply.
    /// </summary>
    /// <param name="mayInclude">Returns whether a parameter is averaged in buckets; the same in all processes.</param>
    /// <param name="isUsed">Returns whether a parameter has a dense gradient in any process.</param>
    /// <returns>The parameters whose gradients are averages.</returns>
    public HashSet<IntPtr> Average(Func<Parameter, bool> mayInclude, Func<Parameter, bool> isUsed)
    {
        var done = new HashSet<IntPtr>();
        if (_buckets.Count == 0)
        {
            foreach (var bucket in Divide(mayInclude))
            {
                bucket.Average(_collectives, isUsed, done);
            }
        }

        _buckets.ForEach(bucket => bucket.Apply(isUsed, done));
        _buckets = [];
        return done;
    }

    /// <summary>Waits for what a failed backward pass has started; the other processes take part in it.</summary>
    public void Abandon()
    {
        if (_pass is not null)
        {
            try
            {
                Wait();
            }
            catch (InvalidOperationException)
            {
                // The others have failed, or are gone.
            }
        }

        _buckets.ForEach(bucket => bucket.Dispose());
        _buckets = [];
    }

    /// <summary>Removes the marks, and ends the thread without waiting for the other processes, which may take no part any more.</summary>
    public void Release()
    {
        if (_pass is null or { Task.IsCompleted: true })
        {
            Dispose();
            return;
        }

        // Buckets that wait are skipped. The thread ends when its current call does; what that still uses is left to it.
        _pass.TrySetCanceled();
        RemoveMarks();
        _work.CompleteAdding();
        _buckets = [];
        _pass = null;
        Forget();
    }

    public void Dispose()
    {
        Abandon();
        RemoveMarks();
        _work.CompleteAdding();
        _thread?.Join();
        _work.Dispose();
    }

    private void RemoveMarks()
    {
        _marks.ForEach(mark => mark.Dispose());
        _marks.Clear();
    }

    private void Forget()
    {
        _kept.ForEach(tensor => tensor.Dispose());
        _kept.Clear();
    }

    private void Begin(Func<Parameter, bool> mayInclude)
    {
        Abandon();
        _started = 0;
        _pass = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _buckets = Divide(mayInclude);
        if (_buckets.Count == 0)
        {
            _pass.SetResult();
        }
    }

    private List<GradientBucket> Divide(Func<Parameter, bool> mayInclude)
    {
        var buckets = new List<GradientBucket>();
        foreach (var parameter in _blocks.SelectMany(parameters => parameters))
        {
            if (parameter.requires_grad && parameter.numel() > 0 && mayInclude(parameter)
                && (buckets.Count == 0 || !buckets[^1].TryAdd(parameter, _bucketBytes)))
            {
                buckets.Add(new GradientBucket(parameter));
            }
        }

        return buckets;
    }

    /// <summary>The backward pass has left a block.</summary>
    private void Reach(Tensor gradient)
    {
        _kept.Add(gradient.DetachFromDisposeScope());
        var ready = _started;
        while (_isRunning && ready < _buckets.Count && _buckets[ready].IsComplete())
        {
            ready++;
        }

        StartedEarly += Math.Max(ready - _started, 0);
        Start(ready);
    }

    /// <summary>Starts the buckets before an index. It does not throw: libtorch may be its caller.</summary>
    private void Start(int end)
    {
        for (; _started < end; _started++)
        {
            var (bucket, pass, number, count) = (_buckets[_started], _pass!, _started, _buckets.Count);
            try
            {
                bucket.Take();
            }
            catch (Exception exception)
            {
                // After the buckets that have started, so that nothing uses the collectives once the pass has failed.
                Run(() => pass.TrySetException(exception));
                continue;
            }

            Run(() => Reduce(bucket, pass, number, count));
        }
    }

    private void Run(Action action)
    {
        if (_thread is null)
        {
            _thread = new Thread(() =>
            {
                foreach (var next in _work.GetConsumingEnumerable())
                {
                    next();
                }
            })
            { Name = "Fulgurite gradients", IsBackground = true };
            _thread.Start();
        }

        _work.Add(action);
    }

    private void Reduce(GradientBucket bucket, TaskCompletionSource pass, int number, int count)
    {
        try
        {
            if (pass.Task.IsCompleted)
            {
                return;
            }

            if (number == 0)
            {
                // A process that has failed before its backward pass is known from here on.
                _collectives.Meet($"the gradients of blocks in {count} buckets");
            }

            bucket.Reduce(_collectives);
            if (number == count - 1)
            {
                pass.TrySetResult();
            }
        }
        catch (Exception exception)
        {
            pass.TrySetException(exception);
        }
    }

    private sealed class Removal(Action remove) : IDisposable
    {
        public void Dispose() => remove();
    }
}
