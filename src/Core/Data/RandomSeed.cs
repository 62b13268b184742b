using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The process-wide random seed (<see cref="Trainer.SeedEverything"/>).</summary>
internal static class RandomSeed
{
    private static readonly Lock Gate = new();
    private static long? _current;

    /// <summary>Gets the seed that was set last; null if none was.</summary>
    public static long? Current
    {
        get
        {
            lock (Gate)
            {
                return _current;
            }
        }
    }

    public static void Set(long seed)
    {
        lock (Gate)
        {
            _current = seed;
            manual_seed(seed);
            if (cuda.is_available())
            {
                cuda.manual_seed_all(seed);
            }
        }
    }

    /// <summary>Records the seed of a resumed run. The generators are restored separately.</summary>
    public static void Remember(long seed)
    {
        lock (Gate)
        {
            _current = seed;
        }
    }
}
