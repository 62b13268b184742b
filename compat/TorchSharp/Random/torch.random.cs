using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    public static long seed() => random.seed();

    public static long initial_seed() => random.initial_seed();

    public static Tensor get_rng_state() => random.get_rng_state();

    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    /// <summary>The generator that operators use where none is given.</summary>
    public static class random
    {
        public static Generator manual_seed(long seed)
        {
            Native.Check(Native.fg_manual_seed(seed));
            return Generator.Default;
        }

        public static long seed() => Generator.Shared.seed();

        public static long initial_seed() => Generator.Shared.initial_seed();

        public static Tensor get_rng_state() => Generator.Shared.get_state();

        public static void set_rng_state(Tensor new_state) => Generator.Shared.set_state(new_state);
    }
}
