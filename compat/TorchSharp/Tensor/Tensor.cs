using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// A tensor: a handle to one of libtorch's, released when it is disposed, when its dispose scope ends, or by the garbage
    /// collector.
    /// </summary>
    public partial class Tensor : IDisposable, IScopeMember
    {
        internal nint handle;

        private static long _totalCount;
        private static long _peakCount;

        internal Tensor(nint handle, bool register = true)
        {
            this.handle = handle;
            var total = Interlocked.Increment(ref _totalCount);
            if (total > _peakCount)
            {
                _peakCount = total;
            }

            if (register)
            {
                DisposeScopeManager.ThreadSingleton.Register(this);
            }
        }

        ~Tensor() => Dispose(false);

        /// <summary>How many tensors of .NET hold a tensor of libtorch now.</summary>
        public static long TotalCount => Interlocked.Read(ref _totalCount);

        /// <summary>The most that there ever were at once.</summary>
        public static long PeakCount => Interlocked.Read(ref _peakCount);

        /// <summary>A pointer to libtorch's <c>at::Tensor</c>.</summary>
        /// <exception cref="InvalidOperationException">The tensor was disposed.</exception>
        public nint Handle => handle != 0 ? handle : throw Disposed();

        public bool IsInvalid => handle == 0;

        public string? name { get; set; }

        DisposeScope? IScopeMember.OwningDisposeScope
        {
            get => OwningDisposeScope;
            set => OwningDisposeScope = value;
        }

        int IScopeMember.ScopeSlot { get; set; }

        internal DisposeScope? OwningDisposeScope { get; set; }

        /// <summary>Takes over a handle (a pointer to an <c>at::Tensor</c> from <c>new</c>), which the tensor then owns.</summary>
        public static Tensor UnsafeCreateTensor(nint handle) => new(handle);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other)
        {
            ArgumentNullException.ThrowIfNull(other);
            return MoveToOtherDisposeScope(other.OwningDisposeScope);
        }

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is { } scope)
            {
                scope.MoveToOther(other, this);
            }
            else
            {
                other?.Attach(this);
            }

            return this;
        }

        /// <summary>Gives the handle away: the caller releases it, and this tensor is as if disposed.</summary>
        public nint DecoupleFromNativeHandle()
        {
            var taken = Interlocked.Exchange(ref handle, 0);
            if (taken == 0)
            {
                throw Disposed();
            }

            GC.SuppressFinalize(this);
            Leave();
            return taken;
        }

        LifetimeStatistics IScopeMember.StatisticsOf(ThreadDisposeScopeStatistics statistics) => statistics.TensorStatistics;

        /// <summary>
        /// Releases the handle once, whoever comes first. A finalizer leaves scopes and the statistics of threads alone: a tensor
        /// in a scope is never finalized before the scope, and the finalizer's thread counts nothing.
        /// </summary>
        protected virtual void Dispose(bool disposing)
        {
            var released = Interlocked.Exchange(ref handle, 0);
            if (released == 0)
            {
                return;
            }

            if (disposing)
            {
                Leave();
            }
            else
            {
                Interlocked.Decrement(ref _totalCount);
            }

            Native.fg_tensor_free(released);
        }

        private static InvalidOperationException Disposed() => new("Tensor invalid -- empty handle: it was disposed, by itself or with its dispose scope.");

        private void Leave()
        {
            DisposeScopeManager.ThreadSingleton.Disposing(this);
            Interlocked.Decrement(ref _totalCount);
        }
    }
}
