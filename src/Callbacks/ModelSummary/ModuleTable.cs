using System.Globalization;
using System.Text;
using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>The parts of a module with their parameters, and the sums. Parameters that several parts share count once in the sums.</summary>
/// <param name="Parts">The parts, in the order of the module, each before its own parts.</param>
/// <param name="Parameters">How many numbers all parameters have.</param>
/// <param name="TrainableParameters">How many of these are trained.</param>
/// <param name="ByteLength">What all parameters take, in bytes.</param>
public sealed record ModuleTable(IReadOnlyList<ModulePart> Parts, long Parameters, long TrainableParameters, long ByteLength)
{
    private static readonly string[] Titles = ["name", "type", "parameters", "size", "mode", "shapes"];

    /// <summary>How many numbers are not trained.</summary>
    public long FrozenParameters => Parameters - TrainableParameters;

    /// <summary>Looks through a module.</summary>
    /// <param name="module">The module.</param>
    /// <param name="maxDepth">How many levels of parts; -1 for all.</param>
    public static ModuleTable Of(nn.Module module, int maxDepth = 1)
    {
        ArgumentNullException.ThrowIfNull(module);
        var parts = new List<ModulePart>();
        Add(module, string.Empty, 1, maxDepth < 0 ? int.MaxValue : maxDepth, parts);
        var all = Count(module);
        return new ModuleTable(parts, all.Parameters, all.Trainable, all.Bytes);
    }

    /// <summary>The table as text: a line a part, aligned, and the sums.</summary>
    public override string ToString()
    {
        var lines = Parts.Select(Cells).Prepend(Titles).ToList();
        var widths = Enumerable.Range(0, Titles.Length).Select(column => lines.Max(line => line[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var line in Parts.Count == 0 ? [] : lines)
        {
            text.Append(string.Join("  ", line.Select((cell, column) => column is 2 or 3 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd()).Append('\n');
        }

        return text.Append(CultureInfo.InvariantCulture, $"{Parameters:N0} parameters, {TrainableParameters:N0} trained and {FrozenParameters:N0} frozen, {Size(ByteLength)}").ToString();
    }

    private static void Add(nn.Module module, string prefix, int depth, int maxDepth, List<ModulePart> parts)
    {
        if (depth > maxDepth)
        {
            return;
        }

        foreach (var (name, child) in module.named_children())
        {
            var (parameters, trainable, bytes) = Count(child);
            List<KeyValuePair<string, long[]>> shapes = [.. child.named_parameters(recurse: false).Select(entry => KeyValuePair.Create(entry.name, entry.parameter.shape))];
            parts.Add(new ModulePart(prefix + name, child.GetType().Name, depth, parameters, trainable, bytes, shapes, child.training));
            Add(child, $"{prefix}{name}.", depth + 1, maxDepth, parts);
        }
    }

    private static (long Parameters, long Trainable, long Bytes) Count(nn.Module module)
    {
        var (parameters, trainable, bytes) = (0L, 0L, 0L);
        foreach (var parameter in module.parameters().Distinct<Parameter>(ReferenceEqualityComparer.Instance))
        {
            var count = parameter.numel();
            parameters += count;
            trainable += parameter.requires_grad ? count : 0;
            bytes += count * parameter.dtype.ElementByteSize();
        }

        return (parameters, trainable, bytes);
    }

    private static string[] Cells(ModulePart part) =>
    [
        part.Name,
        part.Type,
        part.Parameters.ToString("N0", CultureInfo.InvariantCulture),
        Size(part.ByteLength),
        part.Parameters > 0 && part.TrainableParameters == 0 ? "frozen" : part.IsTraining ? "train" : "eval",
        string.Join(' ', part.Shapes.Select(shape => $"{shape.Key}[{string.Join(", ", shape.Value)}]")),
    ];

    private static string Size(long bytes) => bytes switch
    {
        >= 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.0} GiB"),
        >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.0} MiB"),
        >= 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 10):0.0} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
    };
}

/// <summary>One part of a module in a <see cref="ModuleTable"/>.</summary>
/// <param name="Name">Its name within the module, with dots between levels.</param>
/// <param name="Type">Its class.</param>
/// <param name="Depth">How deep it lies: 1 for a part of the module itself.</param>
/// <param name="Parameters">How many numbers its parameters have, those of its own parts counted.</param>
/// <param name="TrainableParameters">How many of these are trained.</param>
/// <param name="ByteLength">What its parameters take, in bytes.</param>
/// <param name="Shapes">The names and shapes of the parameters that it has itself, those of its own parts not counted.</param>
/// <param name="IsTraining">Whether it is in training mode.</param>
public sealed record ModulePart(
    string Name,
    string Type,
    int Depth,
    long Parameters,
    long TrainableParameters,
    long ByteLength,
    IReadOnlyList<KeyValuePair<string, long[]>> Shapes,
    bool IsTraining);
