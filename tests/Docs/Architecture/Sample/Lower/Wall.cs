using Fulgurite.Tests.Docs.Architecture.Sample.Upper;

namespace Fulgurite.Tests.Docs.Architecture.Sample.Lower;

/// <summary>Refers upwards in a lambda of an iterator, where only the code shows it.</summary>
internal sealed class Wall
{
    public static IEnumerable<Action> Parts()
    {
        yield return () => Roof.Rest();
    }
}

/// <summary>Refers upwards in a generic argument of a field.</summary>
internal sealed class Door
{
    private readonly List<Dictionary<int, Weather[]>> _signs = [];

    public int Count => _signs.Count;
}

/// <summary>Refers upwards in a constraint.</summary>
internal abstract class Window<T>
    where T : IShelter;
