using Fulgurite.State;

namespace Fulgurite.Schedulers;

/// <summary>Functions of the step, one a group.</summary>
internal static class GroupFunctions
{
    public static Func<long, double>[] Check(IReadOnlyList<Func<long, double>> functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        return functions.Count > 0 && functions.All(function => function is not null)
            ? [.. functions]
            : throw new ArgumentException("At least one function is needed, and none may be null.", nameof(functions));
    }

    public static Func<long, double> Of(Func<long, double>[] functions, int group) => functions[Math.Min(group, functions.Length - 1)];

    /// <summary>PyTorch lists its functions, with nothing in their places.</summary>
    public static StateList Placeholders(int groups) => new(Enumerable.Repeat(StateValue.Null, groups));
}
