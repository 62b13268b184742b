using TorchSharp.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {
        public bool requires_grad
        {
            get => Keep(Native.fg_requires_grad(Handle)) != 0;
            set => Native.Check(Keep(Native.fg_set_requires_grad(Handle, value ? 1 : 0)));
        }

        /// <summary>The gradient that backward left, or null.</summary>
        public Tensor? grad
        {
            get
            {
                nint gradient;
                Native.Check(Keep(Native.fg_grad(Handle, &gradient)));
                return gradient == 0 ? null : new Tensor(gradient);
            }

            set
            {
                Native.Check(Keep(Native.fg_set_grad(Handle, value?.Handle ?? 0)));
                GC.KeepAlive(value);
            }
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public void retain_grad() => Native.Check(Keep(Native.fg_retain_grad(Handle)));

        public void backward() => backward(null);

        public void backward(
            IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward(this, grad_tensors, retain_graph, create_graph, inputs);

        public Tensor detach() => Call("detach");

        public Tensor detach_() => InPlace("detach_");
    }
}
