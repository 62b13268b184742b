using TorchSharp.Interop;

// Without annotations, as in TorchSharp: a layer's bias, which may be null, is passed as it is.
#nullable disable annotations

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>First values of parameters. Each method works in place, outside the graph, and returns its tensor.</summary>
        public static partial class init
        {
            public enum FanInOut
            {
                FanIn = 0,
                FanOut = 1,
            }

            public enum NonlinearityType
            {
                Linear = 0,
                Conv1D = 1,
                Conv2D = 2,
                Conv3D = 3,
                ConvTranspose1D = 4,
                ConvTranspose2D = 5,
                ConvTranspose3D = 6,
                Sigmoid = 7,
                Tanh = 8,
                ReLU = 9,
                LeakyReLU = 10,
            }

            /// <summary>By how much a layer's weights grow to make up for what the nonlinearity takes away.</summary>
            public static double calculate_gain(NonlinearityType nonlinearity, double param = 0.0) => nonlinearity switch
            {
                NonlinearityType.Tanh => 5.0 / 3.0,
                NonlinearityType.ReLU => Math.Sqrt(2.0),
                NonlinearityType.LeakyReLU => Math.Sqrt(2.0 / (1 + (param * param))),
                _ => 1,
            };

            public static Tensor ones_(Tensor tensor) => constant_(tensor, 1);

            public static Tensor zeros_(Tensor tensor) => constant_(tensor, 0);

            public static Tensor constant_(Tensor tensor, Scalar val) => Outside(tensor, t => t.fill_(val));

            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator generator = null) =>
                Outside(tensor, t => t.uniform_(low, high, generator));

            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator generator = null) =>
                Outside(tensor, t => t.normal_(mean, std, generator));

            /// <summary>Normal values, drawn such that none lies outside <paramref name="a"/> and <paramref name="b"/>.</summary>
            public static Tensor trunc_normal_(
                Tensor tensor, double mean = 0, double std = 1, double a = -2, double b = 2, Generator generator = null) => Outside(tensor, t =>
            {
                // Uniform between the distribution function's values at the bounds, through its inverse.
                var (low, high) = (Below((a - mean) / std), Below((b - mean) / std));
                t.uniform_((2 * low) - 1, (2 * high) - 1, generator).erfinv_().mul_(std * Math.Sqrt(2.0)).add_(mean).clamp_(a, b);
            });

            public static Tensor eye_(Tensor tensor)
            {
                CheckDimensions(tensor, 2, 2);
                return Outside(tensor, t => t.copy_(eye(t.shape[0], t.shape[1], dtype: t.dtype, device: t.device)));
            }

            /// <summary>A matrix with orthogonal rows or columns, whichever are fewer, times <paramref name="gain"/>.</summary>
            public static Tensor orthogonal_(Tensor tensor, double gain = 1.0)
            {
                CheckDimensions(tensor, 2, long.MaxValue);
                return Outside(tensor, t =>
                {
                    var rows = t.shape[0];
                    var columns = t.NumberOfElements / rows;
                    var flat = t.new_empty([rows, columns]).normal_(0, 1);
                    var tall = rows < columns ? flat.t() : flat;
                    var (q, r) = Op.Call2("linalg_qr", tall);

                    // The signs of R's diagonal make the result uniform over all such matrices.
                    q = q.mul(r.diag().sign());
                    t.view_as(q = rows < columns ? q.t() : q).copy_(q).mul_(gain);
                });
            }

            /// <summary>Normal values, and in every column a part of them zero.</summary>
            public static Tensor sparse_(Tensor tensor, double sparsity, double std = 0.01)
            {
                CheckDimensions(tensor, 2, 2);
                return Outside(tensor, t =>
                {
                    t.normal_(0, std);
                    var (rows, columns) = (t.shape[0], t.shape[1]);
                    var zeros = (long)Math.Ceiling(sparsity * rows);
                    for (var column = 0L; column < columns; column++)
                    {
                        t.select(1, column).index_fill_(0, randperm(rows, device: t.device).narrow(0, 0, zeros), 0);
                    }
                });
            }

            public static Tensor kaiming_uniform_(
                Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU)
            {
                var bound = Math.Sqrt(3.0) * KaimingDeviation(tensor, a, mode, nonlinearity);
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor kaiming_normal_(
                Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU) =>
                normal_(tensor, 0, KaimingDeviation(tensor, a, mode, nonlinearity));

            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1.0)
            {
                var bound = Math.Sqrt(3.0) * XavierDeviation(tensor, gain);
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor xavier_normal_(Tensor tensor, double gain = 1.0) => normal_(tensor, 0, XavierDeviation(tensor, gain));

            public static Tensor glorot_uniform_(Tensor tensor, double gain = 1.0) => xavier_uniform_(tensor, gain);

            public static Tensor glorot_normal_(Tensor tensor, double gain = 1.0) => xavier_normal_(tensor, gain);

            /// <summary>How many inputs each output of a weight has, and how many outputs each input.</summary>
            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                CheckDimensions(tensor, 2, long.MaxValue);
                var shape = tensor.shape;
                var field = shape.Skip(2).Aggregate(1L, (product, size) => product * size);
                return (shape[1] * field, shape[0] * field);
            }

            private static double KaimingDeviation(Tensor tensor, double a, FanInOut mode, NonlinearityType nonlinearity)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return calculate_gain(nonlinearity, a) / Math.Sqrt(mode == FanInOut.FanIn ? fanIn : fanOut);
            }

            private static double XavierDeviation(Tensor tensor, double gain)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return gain * Math.Sqrt(2.0 / (fanIn + fanOut));
            }

            private static double Below(double z)
            {
                using var scope = NewDisposeScope();
                return (1 + tensor(z / Math.Sqrt(2.0), dtype: ScalarType.Float64).erf().item<double>()) / 2;
            }

            private static void CheckDimensions(Tensor tensor, long least, long most)
            {
                ArgumentNullException.ThrowIfNull(tensor);
                if (tensor.ndim < least || tensor.ndim > most)
                {
                    throw new ArgumentException(
                        $"The tensor has {tensor.ndim} dimensions; {(least == most ? $"{least} are" : $"at least {least} are")} needed.", nameof(tensor));
                }
            }

            private static Tensor Outside(Tensor tensor, Action<Tensor> fill)
            {
                ArgumentNullException.ThrowIfNull(tensor);
                using var noGrad = no_grad();
                using var scope = NewDisposeScope();
                fill(tensor);
                return tensor;
            }
        }
    }
}
