using System.Globalization;

namespace Fulgurite.IO;

/// <summary>The priority of one thread: low while training has time, raised when a save is late.</summary>
internal abstract class WriterPriority
{
    /// <summary>Creates the implementation for the running operating system, without its own calls if they are off.</summary>
    public static WriterPriority Create() => NativeCalls.OnLinux ? new LinuxWriterPriority() : new ManagedWriterPriority();

    /// <summary>Lowers the priority of the calling thread, which later calls of <see cref="TryRaise"/> refer to.</summary>
    public abstract void Lower();

    /// <summary>Restores the priority from before the first <see cref="Lower"/>. Called by any thread.</summary>
    /// <returns>false if the operating system refuses it.</returns>
    public abstract bool TryRaise();
}

/// <summary>The nice value and scheduling policy of a thread on Linux.</summary>
/// <remarks>
/// A lower nice value requires CAP_SYS_NICE or a sufficient RLIMIT_NICE, which containers and services have if they are given it. A normal
/// process is refused.
/// </remarks>
internal sealed class LinuxWriterPriority : WriterPriority
{
    // Written by the thread before its first item, read by others while it writes one.
    private volatile int _thread;
    private int _nice;

    /// <summary>Gets the identifier of the thread; 0 before <see cref="Lower"/>, or if it is unknown.</summary>
    public int Thread => _thread;

    public override void Lower()
    {
        if (_thread == 0)
        {
            _nice = BackgroundPriority.OwnNice;
            var link = new FileInfo("/proc/thread-self").LinkTarget;
            _thread = int.TryParse(Path.GetFileName(link), NumberStyles.None, CultureInfo.InvariantCulture, out var thread) ? thread : 0;
        }

        BackgroundPriority.Enter();
    }

    public override bool TryRaise() => _thread is not 0 and var thread && BackgroundPriority.TryLeave(thread, _nice);
}

/// <summary>The priority of a .NET thread, on operating systems where it has an effect.</summary>
internal sealed class ManagedWriterPriority : WriterPriority
{
    private volatile Thread? _thread;

    public override void Lower()
    {
        _thread = Thread.CurrentThread;
        _thread.Priority = ThreadPriority.BelowNormal;
    }

    public override bool TryRaise()
    {
        _thread?.Priority = ThreadPriority.Normal;
        return _thread is not null;
    }
}
