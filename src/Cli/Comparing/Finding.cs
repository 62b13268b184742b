using System.Text.Json.Nodes;

namespace Fulgurite.Cli;

/// <summary>The comparison of one value of two files.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Status">The result: equal, close, different, type, shape, missing, extra.</param>
/// <param name="Detail">The values in both files, if they add information.</param>
/// <param name="Numbers">The difference of tensors; null if they were not compared.</param>
internal sealed record Finding(string Path, string Status, string Detail, TensorDifference? Numbers = null)
{
    public const string Equal = "equal";
    public const string Close = "close";
    public const string Different = "different";
    public const string Type = "type";
    public const string Shape = "shape";
    public const string Missing = "missing";
    public const string Extra = "extra";

    public bool IsDifference => Status is not (Equal or Close);

    public JsonObject ToJson()
    {
        var node = new JsonObject { ["path"] = Path, ["status"] = Status };
        if (Detail.Length > 0)
        {
            node["detail"] = Detail;
        }

        if (Numbers is { } numbers)
        {
            node["different_elements"] = numbers.Different;
            node["max_abs"] = JsonText.Number(numbers.MaxAbsolute);
            node["max_rel"] = JsonText.Number(numbers.MaxRelative);
        }

        return node;
    }
}
