using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers on the CPU.</summary>
    public class Generator : IDisposable
    {
        private static readonly Lazy<Generator> SharedDefault = new(() => Default);
        private nint _handle;

        public Generator(ulong seed = 0, Device? device = null)
            : this(Native.Check(Native.fg_new_generator(seed)))
        {
            this.device = device ?? CPU;
        }

        private Generator(nint handle)
        {
            _handle = handle;
            device = CPU;
        }

        ~Generator() => Dispose(false);

        /// <summary>The generator that operators use where none is given. Each call gives a new object, free to be disposed, for the one generator.</summary>
        public static Generator Default => new(Native.Check(Native.fg_default_generator()));

        /// <summary>The same, in an object that is never disposed.</summary>
        internal static Generator Shared => SharedDefault.Value;

        public nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Generator));

        public Device device { get; }

        /// <summary>All that decides the numbers to come, as bytes.</summary>
        public Tensor get_state()
        {
            var state = Native.Check(Native.fg_generator_state(Handle));
            GC.KeepAlive(this);
            return new Tensor(state);
        }

        public void set_state(Tensor value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Native.Check(Native.fg_set_generator_state(Handle, value.Handle));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }

        public Generator manual_seed(long seed)
        {
            Native.Check(Native.fg_generator_seed(Handle, seed));
            GC.KeepAlive(this);
            return this;
        }

        /// <summary>Seeds from the operating system's randomness and returns that seed.</summary>
        public long seed()
        {
            var seed = Native.fg_generator_reseed(Handle);
            GC.KeepAlive(this);
            return seed;
        }

        public long initial_seed()
        {
            var seed = Native.fg_generator_initial_seed(Handle);
            GC.KeepAlive(this);
            return seed;
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var released = Interlocked.Exchange(ref _handle, 0);
            if (released != 0)
            {
                Native.fg_generator_free(released);
            }
        }
    }
}
