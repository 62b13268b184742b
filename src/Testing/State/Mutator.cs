using Fulgurite.State;

namespace Fulgurite.Testing.State;

/// <summary>
/// A thread that keeps changing memory: every round writes one number into all of it, so that a copy with two different numbers was
/// torn.
/// </summary>
public sealed class Mutator : IDisposable
{
    private readonly LiveMemory _memory;
    private readonly Thread _thread;
    private volatile bool _stop;
    private int _rounds;

    /// <summary>Starts the thread.</summary>
    /// <param name="memory">What it changes.</param>
    public Mutator(LiveMemory memory)
    {
        _memory = memory;
        _thread = new Thread(Run) { IsBackground = true, Name = "Mutator" };
        _thread.Start();
    }

    /// <summary>How often all of the memory was changed.</summary>
    public int Rounds => Volatile.Read(ref _rounds);

    /// <summary>Whether a tensor of one number everywhere has more than one.</summary>
    /// <param name="tensor">The tensor; of 32-bit elements.</param>
    public static bool IsTorn(TensorData tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var values = new int[tensor.ElementCount];
        tensor.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values.AsSpan().ContainsAnyExcept(values[0]);
    }

    /// <summary>Stops the thread and waits for its end.</summary>
    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    private void Run()
    {
        while (!_stop)
        {
            _memory.As<int>().Fill(Interlocked.Increment(ref _rounds));
        }
    }
}
