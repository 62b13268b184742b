using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Report;

/// <summary>One measurement as it was kept.</summary>
/// <param name="Name">The name of its file.</param>
/// <param name="Line">The command that makes it again.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Load">How many threads wanted a processor when it began; null where unknown.</param>
/// <param name="EarlierVersion">The version that was measured, if the table of the machine has another one.</param>
/// <param name="Lines">What it printed.</param>
internal sealed record KeptRun(
    string Name, string Line, double Seconds, double? Load, string? EarlierVersion, IReadOnlyList<JsonObject> Lines);
