using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The seed of everything random in the process (<see cref="Trainer.SeedEverything"/>).</summary>
internal static class RandomSeed
{
    private static readonly Lock Gate = new();
    private static long? _current;

    /// <summary>The seed that was set last; null where none was.</summary>
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

    /// <summary>What a resumed run was seeded with; the generators themselves are set back elsewhere.</summary>
    public static void Remember(long seed)
    {
        lock (Gate)
        {
            _current = seed;
        }
    }
}
