using Fulgurite.Tests.Docs.Architecture.Sample.Lower;

namespace Fulgurite.Tests.Docs.Architecture.Sample.Upper;

internal sealed class Roof(Wall wall)
{
    public Wall Wall { get; } = wall;

    public static void Rest()
    {
    }
}

internal interface IShelter;

internal enum Weather
{
    Dry,
}
