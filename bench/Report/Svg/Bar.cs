namespace Fulgurite.Bench.Report.Svg;

/// <summary>One bar.</summary>
/// <param name="Title">What it is.</param>
/// <param name="Value">How long it is.</param>
/// <param name="Text">What stands at its end.</param>
/// <param name="Role">Its colour: <c>ours</c>, <c>ours-second</c>, <c>peer</c>, <c>peer-second</c> or <c>floor</c>.</param>
internal sealed record Bar(string Title, double Value, string Text, string Role);
