using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Report.Sections;

/// <summary>The ways of saving: what they are called, and how they are drawn.</summary>
internal static class StallArms
{
    private static readonly (string IO, string Title, string Role)[] Known =
    [
        ("async", "Fulgurite, async", "ours"),
        ("torch", "Fulgurite, waiting", "ours-second"),
        ("safetensors", "Fulgurite, waiting, safetensors", "ours-second"),
        ("module-save", "TorchSharp by hand, Module.save", "peer"),
        ("python-torch-save", "Python, torch.save", "peer"),
        ("python-clone-then-thread", "Python, clone, then a thread", "peer-second"),
        ("lightning", "Lightning, TorchCheckpointIO", "peer"),
        ("lightning-async", "Lightning, AsyncCheckpointIO", "peer-second"),
    ];

    /// <summary>The lines of ways that save, ours first.</summary>
    public static IEnumerable<JsonObject> Saving(IEnumerable<JsonObject> lines) =>
        lines.Where(Saves).OrderBy(
            line => Array.FindIndex(Known, known => known.IO == line.Text("io")) is >= 0 and var place ? place : int.MaxValue);

    public static bool Saves(JsonObject line) => line.Text("io") != "none";

    /// <summary>Returns whether the arm is a peer, whose saves may not be durable: <c>torch.save</c> does not sync.</summary>
    public static bool IsPeer(JsonObject line) => RoleOf(line).StartsWith("peer", StringComparison.Ordinal);

    public static string TitleOf(JsonObject line) => Find(line)?.Title ?? (Saves(line) ? line.Text("io") : "no saving");

    public static string RoleOf(JsonObject line) => Find(line)?.Role ?? "floor";

    /// <summary>The measurements of one size of state together, such as ours and Python's alone.</summary>
    public static IEnumerable<(string Size, List<JsonObject> Lines)> BySize(KeptResults results) => results.Named("stall-")
        .GroupBy(run => run.Name.Split('-')[1], StringComparer.Ordinal)
        .Select(group => group.SelectMany(run => run.Lines).ToList())
        .OrderBy(lines => lines[0].Number("state_mb"))
        .Select(lines => (SizeOf(lines[0].Number("state_mb")), lines));

    public static string SizeOf(double mebibytes) => mebibytes < 900 ? $"{mebibytes.Show()} MiB" : $"{(mebibytes / 1024).Show()} GiB";

    private static (string IO, string Title, string Role)? Find(JsonObject line) =>
        Known.Where(known => known.IO == line.Text("io")).Select(known => ((string, string, string)?)known).FirstOrDefault();
}
