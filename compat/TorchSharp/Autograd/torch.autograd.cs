using TorchSharp.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>Gradients of any tensors by any others.</summary>
    public static partial class autograd
    {
        /// <summary>The gradients of the sum of <paramref name="outputs"/> by each of <paramref name="inputs"/>.</summary>
        public static IList<Tensor> grad(
            IList<Tensor> outputs,
            IList<Tensor> inputs,
            IList<Tensor>? grad_outputs = null,
            bool retain_graph = false,
            bool create_graph = false,
            bool allow_unused = false)
        {
            using var from = new Handles(outputs);
            using var to = new Handles(inputs);
            using var gradients = new Handles(grad_outputs);
            var results = new nint[inputs.Count];
            fixed (nint* into = results)
            {
                Native.Check(Native.fg_grad_of(
                    from.Pointer, from.Count, to.Pointer, to.Count, gradients.Pointer, gradients.Count,
                    retain_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, into));
            }

            return Array.ConvertAll(results, handle => handle == 0 ? null! : new Tensor(handle));
        }

        public static void backward(
            IList<Tensor> tensors,
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null)
        {
            using var from = new Handles(tensors);
            using var given = new Handles(grad_tensors);
            using var to = new Handles(inputs);
            Native.Check(Native.fg_backward(
                from.Pointer, from.Count, given.Pointer, given.Count, Flag(retain_graph), create_graph ? 1 : 0, to.Pointer, to.Count));
        }

        public static void backward(
            Tensor tensor,
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null)
        {
            // The usual call, one loss and nothing else, needs no list.
            if (grad_tensors is null && inputs is null)
            {
                var one = tensor.Handle;
                Native.Check(Native.fg_backward(&one, 1, null, 0, Flag(retain_graph), create_graph ? 1 : 0, null, 0));
                GC.KeepAlive(tensor);
                return;
            }

            backward(new[] { tensor }, grad_tensors, retain_graph, create_graph, inputs);
        }

        public static void backward(
            Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward(new[] { tensor }, new[] { grad_tensor }, retain_graph, create_graph, inputs);

        /// <summary>Unset means: as <c>create_graph</c> is.</summary>
        private static int Flag(bool? value) => value is { } known ? known ? 1 : 0 : -1;
    }
}
