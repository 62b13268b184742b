using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fulgurite;

/// <summary>The numbers of a step of SGD, the same for all elements of a tensor.</summary>
/// <param name="Step">What the direction is multiplied by: the learning rate, negative unless it maximizes.</param>
/// <param name="WeightDecay">Added to gradients, as a multiple of the parameter; negative where it maximizes, since then the step has the
/// other sign.</param>
/// <param name="Momentum">The share of the momentum that stays.</param>
/// <param name="Rest">One minus the dampening.</param>
/// <param name="IsFirst">Whether the momentum begins with this gradient.</param>
/// <param name="IsNesterov">Whether the step looks ahead.</param>
/// <param name="Scale">What gradients are multiplied by: 1, less where they are clipped.</param>
internal readonly record struct SgdNumbers(
    double Step, double WeightDecay, double Momentum, double Rest, bool IsFirst, bool IsNesterov, double Scale);

/// <summary>
/// One step of SGD over a run of elements: every value is read and written once. See the remarks at <see cref="AdamKernel"/>.
/// </summary>
internal static unsafe class SgdKernel
{
    public static void Run<T>(in FusedMemory memory, long start, long count, in SgdNumbers numbers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (memory.First != 0, memory.HasCopies)
        {
            case (false, false): Run<T, Off, Off>(memory, start, count, numbers); break;
            case (false, true): Run<T, Off, On>(memory, start, count, numbers); break;
            case (true, false): Run<T, On, Off>(memory, start, count, numbers); break;
            case (true, true): Run<T, On, On>(memory, start, count, numbers); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<T, TMomentum, TCopies>(in FusedMemory memory, long start, long count, in SgdNumbers numbers)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TMomentum : struct, IFlag
        where TCopies : struct, IFlag
    {
        var p = (T*)memory.Parameter + start;
        var g = (T*)memory.Gradient + start;
        var b = TMomentum.IsOn ? (T*)memory.First + start : null;
        var copies = TCopies.IsOn ? memory.CopiesFrom<T>(start) : default;
        T step = T.CreateTruncating(numbers.Step), decay = T.CreateTruncating(numbers.WeightDecay);
        T momentum = T.CreateTruncating(numbers.Momentum), rest = T.CreateTruncating(numbers.Rest),
        scale = T.CreateTruncating(numbers.Scale);
        Vector512<T> steps = Vector512.Create(step), decays = Vector512.Create(decay), momenta = Vector512.Create(momentum),
        rests = Vector512.Create(rest), scales = Vector512.Create(scale);
        var decaying = numbers.WeightDecay != 0;

        var width = Vector512<T>.Count;
        long index = 0;
        for (; index <= count - width; index += width)
        {
            var parameter = Vector512.Load(p + index);
            var gradient = Vector512.Load(g + index) * scales;
            gradient = decaying ? Lanes.MultiplyAdd(parameter, decays, gradient) : gradient;
            var direction = gradient;
            if (TMomentum.IsOn)
            {
                var buffer = Vector512.Load(b + index);
                if (TCopies.IsOn)
                {
                    copies.Store(index, parameter, buffer);
                }

                buffer = numbers.IsFirst ? gradient : Lanes.MultiplyAdd(gradient, rests, buffer * momenta);
                Vector512.Store(buffer, b + index);
                direction = numbers.IsNesterov ? Lanes.MultiplyAdd(buffer, momenta, gradient) : buffer;
            }
            else if (TCopies.IsOn)
            {
                copies.Store(index, parameter);
            }

            Vector512.Store(Lanes.MultiplyAdd(direction, steps, parameter), p + index);
        }

        for (; index < count; index++)
        {
            var parameter = p[index];
            var gradient = g[index] * scale;
            gradient = decaying ? T.FusedMultiplyAdd(parameter, decay, gradient) : gradient;
            var direction = gradient;
            if (TMomentum.IsOn)
            {
                if (TCopies.IsOn)
                {
                    copies.Store(index, parameter, b[index]);
                }

                b[index] = numbers.IsFirst ? gradient : T.FusedMultiplyAdd(gradient, rest, b[index] * momentum);
                direction = numbers.IsNesterov ? T.FusedMultiplyAdd(b[index], momentum, gradient) : b[index];
            }
            else if (TCopies.IsOn)
            {
                copies.Store(index, parameter);
            }

            p[index] = T.FusedMultiplyAdd(direction, step, parameter);
        }
    }
}
