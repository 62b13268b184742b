namespace Fulgurite.Bench.Report.Svg;

/// <summary>One line of a <see cref="LineChart"/>.</summary>
/// <param name="Title">What it is.</param>
/// <param name="Role">Its colour, as that of a <see cref="Bar"/>.</param>
/// <param name="Values">From left to right.</param>
internal sealed record PlotLine(string Title, string Role, IReadOnlyList<double> Values);
