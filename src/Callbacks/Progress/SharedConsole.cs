using System.Diagnostics.CodeAnalysis;

namespace Fulgurite.Callbacks;

/// <summary>
/// The streams of the console, replaced once in a process and for good: log providers keep the stream that they find when they are created,
/// before a view exists.
/// </summary>
[SuppressMessage(
    "Design", "CA1001:Types that own disposable fields should be disposable", Justification = "It lives as long as the process.")]
internal sealed class SharedConsole
{
    private static readonly Lock Gate = new();

    private readonly LinesAbove _lines;
    private readonly TextWriter _installed;

    private SharedConsole(TextWriter original, Action<TextWriter> set, Func<TextWriter> current)
    {
        Original = original;
        _lines = new LinesAbove(original);
        set(_lines);
        _installed = current();
    }

    /// <summary>Gets the error stream; null if it is not shared.</summary>
    public static SharedConsole? Error { get; private set; }

    /// <summary>Gets the output stream; null if it is not shared.</summary>
    public static SharedConsole? Output { get; private set; }

    /// <summary>Gets the stream to which the live lines are written.</summary>
    public TextWriter Original { get; }

    /// <summary>Replaces the streams that are on a terminal; does nothing if that was done already.</summary>
    public static void Share(bool error, bool output)
    {
        lock (Gate)
        {
            if (Error is null && Output is null && (error || output) && !OperatingSystem.IsWindows())
            {
                // On Unix, each stream of the console locks Console.Out while it writes. Code that kept a stream locks the stream first and
                // Console.Out second; a write to the new streams must not do the opposite. So they forward to streams that nobody else
                // holds: the console creates new ones after its encoding is set.
                RenewStreams();
            }

            Error ??= error ? new SharedConsole(Console.Error, Console.SetError, () => Console.Error) : null;
            Output ??= output ? new SharedConsole(Console.Out, Console.SetOut, () => Console.Out) : null;
        }
    }

    /// <summary>Writes complete lines above the live lines until the result is disposed.</summary>
    public IDisposable Connect(LiveBlock block) => _lines.Connect(block, _installed);

    /// <summary>Makes the console create new streams, while other threads may write to the present ones.</summary>
    /// <remarks>
    /// The console flushes the present streams under a lock of its own. A thread within a write to one of them needs that lock, to find
    /// the new Console.Out. So no write is in progress meanwhile: both streams are locked. Threads lock them in either order, so nothing
    /// waits for the second one while it holds the first.
    /// </remarks>
    private static void RenewStreams()
    {
        var (output, error) = (Console.Out, Console.Error);
        for (; ; Thread.Yield())
        {
            lock (error)
            {
                if (!Monitor.TryEnter(output, millisecondsTimeout: 1))
                {
                    continue;
                }

                try
                {
                    Console.OutputEncoding = Console.OutputEncoding;
                    return;
                }
                finally
                {
                    Monitor.Exit(output);
                }
            }
        }
    }
}
