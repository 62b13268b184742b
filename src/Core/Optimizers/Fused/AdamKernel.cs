using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fulgurite;

/// <summary>The numbers of an Adam step, the same for all elements of a tensor.</summary>
/// <param name="Beta1">The share of the mean that stays.</param>
/// <param name="Beta2">The share of the mean square that stays.</param>
/// <param name="Epsilon">Added to the root.</param>
/// <param name="WeightDecay">Added to gradients, as a multiple of the parameter (Adam).</param>
/// <param name="Keep">What is left of the parameter before the step (AdamW).</param>
/// <param name="StepSize">The learning rate, corrected for the bias of the mean.</param>
/// <param name="RootOfCorrection">The square root of the correction of the mean square.</param>
/// <param name="Scale">What gradients are multiplied by: 1, less where they are clipped, negative to maximize.</param>
/// <param name="Rate">The learning rate.</param>
/// <param name="Step">The number of the step.</param>
internal readonly record struct AdamNumbers(
    double Beta1, double Beta2, double Epsilon, double WeightDecay, double Keep, double StepSize, double RootOfCorrection, double Scale,
    double Rate, long Step);

/// <summary>One step of Adam or AdamW over a run of elements: every value is read and written once.</summary>
/// <remarks>
/// The operations are those of libtorch, in its order, with a fused multiply-add where it has one. Each element is computed alone and
/// rounded the same way on all processors, in a vector or at its end, so that neither the split into runs nor the width of vectors changes
/// a bit.
/// </remarks>
internal static unsafe class AdamKernel
{
    public static void Run<T>(in FusedMemory memory, long start, long count, in AdamNumbers numbers, bool isDecoupled)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (isDecoupled, memory.Third != 0, memory.HasCopies)
        {
            case (true, false, false): Run<T, On, Off, Off>(memory, start, count, numbers); break;
            case (true, false, true): Run<T, On, Off, On>(memory, start, count, numbers); break;
            case (true, true, false): Run<T, On, On, Off>(memory, start, count, numbers); break;
            case (true, true, true): Run<T, On, On, On>(memory, start, count, numbers); break;
            case (false, false, false): Run<T, Off, Off, Off>(memory, start, count, numbers); break;
            case (false, false, true): Run<T, Off, Off, On>(memory, start, count, numbers); break;
            case (false, true, false): Run<T, Off, On, Off>(memory, start, count, numbers); break;
            case (false, true, true): Run<T, Off, On, On>(memory, start, count, numbers); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<T, TDecoupled, TMaximum, TCopies>(in FusedMemory memory, long start, long count, in AdamNumbers numbers)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TDecoupled : struct, IFlag
        where TMaximum : struct, IFlag
        where TCopies : struct, IFlag
    {
        var p = (T*)memory.Parameter + start;
        var g = (T*)memory.Gradient + start;
        var m = (T*)memory.First + start;
        var v = (T*)memory.Second + start;
        var x = TMaximum.IsOn ? (T*)memory.Third + start : null;
        var copies = TCopies.IsOn ? memory.CopiesFrom<T>(start) : default;

        // In single precision the numbers are rounded once, as libtorch rounds its scalars.
        T beta1 = T.CreateTruncating(numbers.Beta1), rest1 = T.CreateTruncating(1 - numbers.Beta1);
        T beta2 = T.CreateTruncating(numbers.Beta2), rest2 = T.CreateTruncating(1 - numbers.Beta2);
        T epsilon = T.CreateTruncating(numbers.Epsilon), decay = T.CreateTruncating(numbers.WeightDecay),
        keep = T.CreateTruncating(numbers.Keep);
        T step = T.CreateTruncating(-numbers.StepSize), root = T.CreateTruncating(numbers.RootOfCorrection),
        scale = T.CreateTruncating(numbers.Scale);

        Vector512<T> beta1s = Vector512.Create(beta1), rest1s = Vector512.Create(rest1), beta2s = Vector512.Create(beta2),
        rest2s = Vector512.Create(rest2);
        Vector512<T> epsilons = Vector512.Create(epsilon), decays = Vector512.Create(decay), keeps = Vector512.Create(keep);
        Vector512<T> steps = Vector512.Create(step), roots = Vector512.Create(root), scales = Vector512.Create(scale);

        var width = Vector512<T>.Count;
        long index = 0;
        for (; index <= count - width; index += width)
        {
            var parameter = Vector512.Load(p + index);
            var mean = Vector512.Load(m + index);
            var square = Vector512.Load(v + index);
            if (TCopies.IsOn)
            {
                copies.Store(index, parameter, mean, square);
            }

            var gradient = Vector512.Load(g + index) * scales;
            if (TDecoupled.IsOn)
            {
                parameter *= keeps;
            }
            else
            {
                gradient = Lanes.MultiplyAdd(parameter, decays, gradient);
            }

            mean = Lanes.MultiplyAdd(gradient, rest1s, mean * beta1s);
            square = Lanes.MultiplyAdd(gradient * rest2s, gradient, square * beta2s);
            var largest = square;
            if (TMaximum.IsOn)
            {
                var before = Vector512.Load(x + index);
                if (TCopies.IsOn)
                {
                    copies.StoreThird(index, before);
                }

                largest = Vector512.Max(before, square);
                Vector512.Store(largest, x + index);
            }

            Vector512.Store(mean, m + index);
            Vector512.Store(square, v + index);
            Vector512.Store(parameter + (steps * mean / ((Vector512.Sqrt(largest) / roots) + epsilons)), p + index);
        }

        for (; index < count; index++)
        {
            T parameter = p[index], mean = m[index], square = v[index];
            if (TCopies.IsOn)
            {
                copies.Store(index, parameter, mean, square);
            }

            var gradient = g[index] * scale;
            if (TDecoupled.IsOn)
            {
                parameter *= keep;
            }
            else
            {
                gradient = T.FusedMultiplyAdd(parameter, decay, gradient);
            }

            m[index] = mean = T.FusedMultiplyAdd(gradient, rest1, mean * beta1);
            v[index] = square = T.FusedMultiplyAdd(gradient * rest2, gradient, square * beta2);
            if (TMaximum.IsOn)
            {
                if (TCopies.IsOn)
                {
                    copies.StoreThird(index, x[index]);
                }

                x[index] = square = T.Max(x[index], square);
            }

            p[index] = parameter + (step * mean / ((T.Sqrt(square) / root) + epsilon));
        }
    }
}
