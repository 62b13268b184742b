using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fulgurite;

/// <summary>
/// Where the values of a parameter, its gradient and its optimizer state lie, and where what they were is copied to; zero for nothing.
/// </summary>
internal struct FusedMemory
{
    public nint Parameter;
    public nint Gradient;
    public nint First;
    public nint Second;
    public nint Third;
    public nint Master;
    public nint ParameterCopy;
    public nint FirstCopy;
    public nint SecondCopy;
    public nint ThirdCopy;
    public nint MasterCopy;

    public readonly bool HasCopies => (ParameterCopy | FirstCopy | SecondCopy | ThirdCopy) != 0;

    public readonly unsafe FusedCopies<T> CopiesFrom<T>(long start)
        where T : unmanaged, INumber<T>
    {
        var offset = (nint)(start * sizeof(T));
        return new FusedCopies<T>(At(ParameterCopy, offset), At(FirstCopy, offset), At(SecondCopy, offset), At(ThirdCopy, offset));
    }

    private static nint At(nint address, nint offset) => address == 0 ? 0 : address + offset;
}

/// <summary>Stores what values were before a step.</summary>
/// <remarks>
/// Past the caches: nobody reads them soon, and a line that is not read before it is written costs half the traffic. Whoever reads them on
/// another thread synchronizes with the thread that wrote them, after a memory barrier of that.
/// </remarks>
internal readonly unsafe struct FusedCopies<T>(nint parameter, nint first, nint second, nint third)
    where T : unmanaged, INumber<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(long index, Vector512<T> ofParameter) => Store(parameter, index, ofParameter);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(long index, Vector512<T> ofParameter, Vector512<T> ofFirst)
    {
        Store(parameter, index, ofParameter);
        Store(first, index, ofFirst);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(long index, Vector512<T> ofParameter, Vector512<T> ofFirst, Vector512<T> ofSecond)
    {
        Store(parameter, index, ofParameter);
        Store(first, index, ofFirst);
        Store(second, index, ofSecond);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreThird(long index, Vector512<T> ofThird) => Store(third, index, ofThird);

    public void Store(long index, T ofParameter) => Store(parameter, index, ofParameter);

    public void Store(long index, T ofParameter, T ofFirst)
    {
        Store(parameter, index, ofParameter);
        Store(first, index, ofFirst);
    }

    public void Store(long index, T ofParameter, T ofFirst, T ofSecond)
    {
        Store(parameter, index, ofParameter);
        Store(first, index, ofFirst);
        Store(second, index, ofSecond);
    }

    public void StoreThird(long index, T ofThird) => Store(third, index, ofThird);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(nint target, long index, Vector512<T> value)
    {
        if (target == 0)
        {
            return;
        }

        var address = (T*)target + index;
        if (((nint)address & (sizeof(Vector512<T>) - 1)) == 0)
        {
            value.StoreAlignedNonTemporal(address);
        }
        else
        {
            value.Store(address);
        }
    }

    private static void Store(nint target, long index, T value)
    {
        if (target != 0)
        {
            ((T*)target)[index] = value;
        }
    }
}

/// <summary>A choice that is made when a kernel is compiled.</summary>
internal interface IFlag
{
    static abstract bool IsOn { get; }
}

/// <summary>The choice for something.</summary>
internal readonly struct On : IFlag
{
    public static bool IsOn => true;
}

/// <summary>The choice against something.</summary>
internal readonly struct Off : IFlag
{
    public static bool IsOn => false;
}

/// <summary>Operations on all lanes of a vector that .NET has for each type alone.</summary>
internal static class Lanes
{
    /// <summary><c>left * right + addend</c>, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd<T>(Vector512<T> left, Vector512<T> right, Vector512<T> addend) => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(left.AsSingle(), right.AsSingle(), addend.AsSingle()).As<float, T>()
        : Vector512.FusedMultiplyAdd(left.AsDouble(), right.AsDouble(), addend.AsDouble()).As<double, T>();
}
