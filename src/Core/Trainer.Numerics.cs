using Fulgurite.Numerics;

namespace Fulgurite;

/// <content>Seeds.</content>
public sealed partial class Trainer
{
    /// <summary>The seed that <see cref="SeedEverything"/> was given last in this process, or that the newest resumed run was given; null where none was.</summary>
    public static long? Seed => RandomSeed.Current;

    /// <summary>
    /// Seeds everything random: libtorch on the CPU and on all CUDA devices, and the data sources of this framework that are given no seed of
    /// their own. Call it before the module is made, so that its weights are the same each time; the seed is kept in checkpoints.
    /// </summary>
    /// <remarks>
    /// The generators belong to the process: trainers that run side by side disturb each other's numbers. <c>System.Random</c> in
    /// code of your own has a seed of its own: give it <see cref="Seed"/>.
    /// </remarks>
    /// <param name="seed">The seed.</param>
    /// <returns>The seed.</returns>
    public static long SeedEverything(long seed)
    {
        RandomSeed.Set(seed);
        return seed;
    }
}
