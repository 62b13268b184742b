namespace Fulgurite.IO.Storage;

/// <summary>What threads wait on for checksums that other threads compute; an abort lets them all go.</summary>
internal sealed class ChecksumGate
{
    private readonly object _monitor = new();
    private bool _aborted;

    /// <summary>Says that a checksum is complete.</summary>
    public void Pulse()
    {
        lock (_monitor)
        {
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>Says that no more checksums come.</summary>
    public void Abort()
    {
        lock (_monitor)
        {
            _aborted = true;
            Monitor.PulseAll(_monitor);
        }
    }

    /// <summary>Ends whoever works on a file that will not be written after all.</summary>
    public void ThrowIfAborted()
    {
        lock (_monitor)
        {
            ThrowIf(_aborted);
        }
    }

    /// <summary>Waits until a checksum is complete.</summary>
    public void WaitFor(ContentChecksum checksum)
    {
        lock (_monitor)
        {
            while (!checksum.IsComplete)
            {
                ThrowIf(_aborted);
                Monitor.Wait(_monitor);
            }
        }
    }

    private static void ThrowIf(bool aborted)
    {
        if (aborted)
        {
            throw new OperationCanceledException("Another part of the file could not be written.");
        }
    }
}
