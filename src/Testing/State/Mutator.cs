using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>
/// A thread that changes memory on request while others continue. Every change fills all of the memory with one number, so that a copy with
/// two different numbers is torn.
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
    /// <param name="memory">The memory to change.</param>
    public Mutator(LiveMemory memory)
    {
        _memory = memory;
        _thread = new Thread(Run) { IsBackground = true, Name = "Mutator" };
        _thread.Start();
    }

    /// <summary>Returns true if a tensor contains more than one distinct number.</summary>
    /// <param name="tensor">The tensor, with 32-bit elements.</param>
    public static bool IsTorn(TensorData tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var values = new int[tensor.ElementCount];
        tensor.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values.AsSpan().ContainsAnyExcept(values[0]);
    }

    /// <summary>Starts a change of all of the memory and returns immediately.</summary>
    public void Change() => _wanted.Release();

    /// <summary>Waits until a change is complete.</summary>
    public void Wait() => _done.Wait();

    /// <summary>Stops the thread and waits for it to exit.</summary>
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
