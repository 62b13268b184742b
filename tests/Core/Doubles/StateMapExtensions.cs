namespace Fulgurite.Tests.Core.Doubles;

internal static class StateMapExtensions
{
    /// <summary>Returns a copy in which a key has another value.</summary>
    public static StateMap With(this StateMap map, string key, StateValue value)
    {
        var copy = new StateMap();
        foreach (var (name, entry) in map)
        {
            copy[name] = entry;
        }

        copy[key] = value;
        return copy;
    }
}
