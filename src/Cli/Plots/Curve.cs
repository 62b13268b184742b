using Fulgurite.Loggers;

namespace Fulgurite.Cli;

/// <summary>A curve of a plot.</summary>
/// <param name="Name">The name in the legend.</param>
/// <param name="Points">The points, by step.</param>
/// <param name="Last">The newest value, which points that are means do not show.</param>
internal sealed record Curve(string Name, IReadOnlyList<(long Step, double Value)> Points, double Last)
{
    public static Curve Of(string name, Series series) => new(name, series.Points, series.Last);
}
