namespace Fulgurite.Bench.Report.Svg;

/// <summary>Bars that are compared.</summary>
/// <param name="Title">What they have in common.</param>
/// <param name="Bars">From top to bottom.</param>
internal sealed record BarGroup(string Title, IReadOnlyList<Bar> Bars);
