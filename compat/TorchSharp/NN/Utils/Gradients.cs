using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            /// <summary>Scales the gradients down so that the norm of all of them together is at most <paramref name="max_norm"/>.</summary>
            /// <param name="tensors">The parameters; those without a gradient do not count.</param>
            /// <param name="max_norm">The largest norm allowed.</param>
            /// <param name="norm_type">The kind of norm: 2, 1, ..., infinity for the largest element.</param>
            /// <returns>The norm before.</returns>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2.0)
            {
                ArgumentNullException.ThrowIfNull(tensors);
                using var noGrad = no_grad();
                using var scope = NewDisposeScope();
                var gradients = tensors.Select(parameter => parameter.grad).OfType<Tensor>().ToList();
                if (gradients.Count == 0)
                {
                    return 0;
                }

                var place = gradients[0].device;
                var norms = gradients.ConvertAll(gradient => Norm(gradient, norm_type).to(place));
                var total = norms.Count == 1 ? norms[0] : Norm(stack(norms), norm_type);

                // A factor of at most one is applied to all, without a look at its value, as in Python.
                var factor = total.add(1e-6).reciprocal_().mul_(max_norm).clamp_max_(1.0);
                foreach (var gradient in gradients)
                {
                    gradient.mul_(factor.to(gradient.device));
                }

                return total.to(ScalarType.Float64).item<double>();
            }

            /// <summary>Cuts every element of the gradients to at most <paramref name="clip_value"/> either way.</summary>
            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                ArgumentNullException.ThrowIfNull(tensors);
                using var noGrad = no_grad();
                foreach (var parameter in tensors)
                {
                    using var gradient = parameter.grad;
                    gradient?.clamp_(-clip_value, clip_value);
                }
            }

            /// <summary>All the parameters, one after the other, as one vector.</summary>
            public static Tensor parameters_to_vector(IEnumerable<Parameter> tensors)
            {
                ArgumentNullException.ThrowIfNull(tensors);
                using var scope = NewDisposeScope();
                return cat(tensors.Select(parameter => parameter.reshape(-1)).ToList()).MoveToOuterDisposeScope();
            }

            /// <summary>Copies a vector's elements into parameters, one after the other.</summary>
            public static void vector_to_parameters(Tensor vec, IEnumerable<Parameter> tensors)
            {
                ArgumentNullException.ThrowIfNull(vec);
                ArgumentNullException.ThrowIfNull(tensors);
                using var noGrad = no_grad();
                using var scope = NewDisposeScope();
                var offset = 0L;
                foreach (var parameter in tensors)
                {
                    var count = parameter.NumberOfElements;
                    parameter.copy_(vec.narrow(0, offset, count).view(parameter.shape));
                    offset += count;
                }
            }

            private static Tensor Norm(Tensor tensor, double kind) => Op.Call("linalg_vector_norm", tensor, kind);
        }
    }
}
