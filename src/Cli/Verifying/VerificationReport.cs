using System.Text.Json.Nodes;

namespace Fulgurite.Cli;

/// <summary>What checking a file found.</summary>
/// <param name="Path">The file.</param>
/// <param name="Problem">What is wrong; null for nothing.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Tensors">How many tensors it has.</param>
/// <param name="Checksums">How many checksums it has; all were compared.</param>
/// <param name="Tensor">The tensor that is damaged, where that is known.</param>
/// <param name="Offset">Where in the file the damage is, where that is known.</param>
internal sealed record VerificationReport(string Path, string? Problem, long Bytes = 0, int Tensors = 0, int Checksums = 0, string? Tensor = null, long? Offset = null)
{
    public bool IsValid => Problem is null;

    public override string ToString() => Problem is not null
        ? $"{Path}: DAMAGED. {Problem}"
        : $"{Path}: ok, {Amounts.Count(Tensors, "tensor")}, {Amounts.Bytes(Bytes)}, {(Checksums > 0 ? $"{Amounts.Count(Checksums, "checksum")} compared" : "no checksums in the file: its structure is right, its numbers are not known to be")}";

    public JsonObject ToJson() => new()
    {
        ["file"] = Path,
        ["valid"] = IsValid,
        ["problem"] = Problem,
        ["bytes"] = Bytes,
        ["tensors"] = Tensors,
        ["checksums"] = Checksums,
        ["tensor"] = Tensor,
        ["offset"] = Offset,
    };
}
