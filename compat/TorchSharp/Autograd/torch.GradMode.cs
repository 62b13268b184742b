using TorchSharp.Interop;

namespace TorchSharp;

// Modes belong to a thread: the object that ends one must be disposed on the thread that began it.
public static partial class torch
{
    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static bool is_grad_enabled() => Native.fg_grad_mode() != 0;

    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    public static bool is_inference_mode_enabled() => Native.fg_is_inference_mode() != 0;

    private sealed class GradMode : IDisposable
    {
        private readonly int _before;
        private bool _ended;

        public GradMode(bool enabled)
        {
            _before = Native.fg_grad_mode();
            Native.fg_set_grad_mode(enabled ? 1 : 0);
        }

        public void Dispose()
        {
            if (!_ended)
            {
                _ended = true;
                Native.fg_set_grad_mode(_before);
            }
        }
    }

    private sealed class InferenceMode(bool enabled) : IDisposable
    {
        private nint _guard = Native.fg_enter_inference_mode(enabled ? 1 : 0);

        public void Dispose()
        {
            if (_guard != 0)
            {
                Native.fg_leave_inference_mode(_guard);
                _guard = 0;
            }
        }
    }
}
