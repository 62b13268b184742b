using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>
/// A thread that changes memory when it is told to, while others go on: every change writes one number into all of it, so that a copy with
/// two different numbers was torn.
/// </summary>
public sealed class Mutator : IDisposable
{
    private readonly LiveMemory _memory;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly SemaphoreSlim _done = new(0);
    private volatile bool _stop;
    private int _number;

    /// <summary>Starts the thread.</summary>
    /// <param name="memory">What it changes.</param>
    public Mutator(LiveMemory memory)
    {
        _memory = memory;
        _thread = new Thread(Run) { IsBackground = true, Name = "Mutator" };
        _thread.Start();
    }

    /// <summary>Whether a tensor of one number everywhere has more than one.</summary>
    /// <param name="tensor">The tensor; of 32-bit elements.</param>
    public static bool IsTorn(TensorData tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var values = new int[tensor.ElementCount];
        tensor.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values.AsSpan().ContainsAnyExcept(values[0]);
    }

    /// <summary>Begins to change all of the memory; returns at once.</summary>
    public void Change() => _wanted.Release();

    /// <summary>Waits until a change has ended.</summary>
    public void Wait() => _done.Wait();

    /// <summary>Stops the thread and waits for its end.</summary>
    public void Dispose()
    {
        _stop = true;
        _wanted.Release();
        _thread.Join();
        _wanted.Dispose();
        _done.Dispose();
    }

    private void Run()
    {
        for (_wanted.Wait(); !_stop; _wanted.Wait())
        {
            _memory.As<int>().Fill(++_number);
            _done.Release();
        }
    }
}
