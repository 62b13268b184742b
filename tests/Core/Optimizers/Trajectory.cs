namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>
/// The way of parameters through steps of an optimizer, and how far rounding may have led it from another of the same operations.
/// </summary>
/// <remarks>
/// A step <c>p += d</c> adds an ulp of <c>p</c> at most, where the sum is rounded to the other neighbour, and the error of <c>d</c> itself:
/// four ulp for the square root, the division by it and the products around them.
/// </remarks>
internal sealed class Trajectory
{
    private const double Epsilon = 1.0 / (1 << 23);

    private readonly Parameter[] _parameters;
    private readonly float[][] _before;
    private readonly double[][] _bounds;

    public Trajectory(Parameter[] parameters)
    {
        _parameters = parameters;
        _before = [.. parameters.Select(Values)];
        _bounds = [.. _before.Select(values => new double[values.Length])];
    }

    /// <summary>A step has been made.</summary>
    public void Note()
    {
        for (var number = 0; number < _parameters.Length; number++)
        {
            var now = Values(_parameters[number]);
            for (var index = 0; index < now.Length; index++)
            {
                _bounds[number][index] += MathF.BitIncrement(MathF.Abs(now[index])) - MathF.Abs(now[index]) + (
                    4 * Epsilon * Math.Abs(now[index] - _before[number][index]));
            }

            _before[number] = now;
        }
    }

    public void AssertEndsAt(Tensor[] expected)
    {
        for (var number = 0; number < expected.Length; number++)
        {
            var (other, own) = (Values(expected[number]), _before[number]);
            for (var index = 0; index < other.Length; index++)
            {
                Assert.AreEqual(other[index], own[index], _bounds[number][index], $"parameter {number}, element {index}");
            }
        }
    }

    private static float[] Values(Tensor tensor)
    {
        using var detached = tensor.detach();
        return detached.data<float>().ToArray();
    }
}
