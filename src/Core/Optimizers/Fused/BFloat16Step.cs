using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fulgurite;

/// <summary>Steps parameters in bfloat16 by their masters in float32, block by block in the first cache.</summary>
internal static unsafe class BFloat16Step
{
    private const int Block = 1024;

    [SkipLocalsInit]
    public static void Run(FusedRule rule, in FusedMemory memory, long start, long count, int numbers)
    {
        var gradients = stackalloc float[Block];
        for (var done = 0L; done < count; done += Block)
        {
            var (offset, length) = (start + done, (int)Math.Min(Block, count - done));
            var parameter = (ushort*)memory.Parameter + offset;
            var master = (float*)memory.Master + offset;
            if (memory.ParameterCopy != 0)
            {
                new ReadOnlySpan<ushort>(parameter, length).CopyTo(new Span<ushort>((ushort*)memory.ParameterCopy + offset, length));
            }

            Widen((ushort*)memory.Gradient + offset, gradients, length);
            TakeOverChanges(parameter, master, length);
            var block = new FusedMemory
            {
                Parameter = (nint)master,
                Gradient = (nint)gradients,
                First = At(memory.First, offset),
                Second = At(memory.Second, offset),
                Third = At(memory.Third, offset),
                ParameterCopy = At(memory.MasterCopy, offset),
                FirstCopy = At(memory.FirstCopy, offset),
                SecondCopy = At(memory.SecondCopy, offset),
                ThirdCopy = At(memory.ThirdCopy, offset),
            };
            rule.Run<float>(block, 0, length, numbers);
            Narrow(master, parameter, length);
        }
    }

    /// <summary>The sum of squares of a run of elements.</summary>
    [SkipLocalsInit]
    public static double SumOfSquares(ushort* values, long count)
    {
        var wide = stackalloc float[Block];
        var sum = 0.0;
        for (var done = 0L; done < count; done += Block)
        {
            var length = (int)Math.Min(Block, count - done);
            Widen(values + done, wide, length);
            sum += GradientKernel.SumOfSquares(wide, length);
        }

        return sum;
    }

    /// <summary>The nearest bfloat16, of two the even one, as libtorch rounds.</summary>
    public static ushort Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Adds values to others, each rounded to bfloat16, as libtorch adds up a row of a sparse gradient.</summary>
    public static void Add(ushort* sum, ushort* values, int count)
    {
        for (var index = 0; index < count; index++)
        {
            sum[index] = Round(
                BitConverter.UInt32BitsToSingle((uint)sum[index] << 16) + BitConverter.UInt32BitsToSingle((uint)values[index] << 16));
        }
    }

    private static nint At(nint address, long offset) => address == 0 ? 0 : address + (nint)(offset * sizeof(float));

    private static void Widen(ushort* source, float* target, int count)
    {
        var index = 0;
        for (; index <= count - Vector512<ushort>.Count; index += Vector512<ushort>.Count)
        {
            var (lower, upper) = Vector512.Widen(Vector512.Load(source + index));
            (lower << 16).AsSingle().Store(target + index);
            (upper << 16).AsSingle().Store(target + index + Vector512<float>.Count);
        }

        for (; index < count; index++)
        {
            target[index] = BitConverter.UInt32BitsToSingle((uint)source[index] << 16);
        }
    }

    /// <summary>
    /// A parameter that is not the rounding of its master was changed by somebody else (weights were loaded, say), and that counts.
    /// </summary>
    private static void TakeOverChanges(ushort* parameter, float* master, int count)
    {
        for (var index = 0; index < count; index++)
        {
            if (Round(master[index]) != parameter[index])
            {
                master[index] = BitConverter.UInt32BitsToSingle((uint)parameter[index] << 16);
            }
        }
    }

    private static void Narrow(float* source, ushort* target, int count)
    {
        var index = 0;
        for (; index <= count - Vector512<ushort>.Count; index += Vector512<ushort>.Count)
        {
            Vector512.Narrow(RoundAll(Vector512.Load(source + index)), RoundAll(Vector512.Load(source + index + Vector512<float>.Count)))
                .Store(target + index);
        }

        for (; index < count; index++)
        {
            target[index] = Round(source[index]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundAll(Vector512<float> values)
    {
        var bits = values.AsUInt32();
        var rounded = (bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512.Create(1u))) >> 16;
        return Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, Vector512.Create(0x7FC0u));
    }
}
