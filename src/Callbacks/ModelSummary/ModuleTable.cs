using System.Globalization;
using System.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Callbacks;

/// <summary>The submodules of a module with their parameters, and the totals. Totals count shared parameters once.</summary>
/// <param name="Parts">The submodules in the order of the module, each before its own submodules.</param>
/// <param name="Parameters">The number of elements of all parameters.</param>
/// <param name="TrainableParameters">The number of trained elements.</param>
/// <param name="ByteLength">The size of all parameters, in bytes.</param>
public sealed record ModuleTable(IReadOnlyList<ModulePart> Parts, long Parameters, long TrainableParameters, long ByteLength)
{
    private static readonly string[] Titles = ["name", "type", "parameters", "size", "mode", "shapes"];

    /// <summary>Gets the number of frozen elements.</summary>
    public long FrozenParameters => Parameters - TrainableParameters;

    /// <summary>Returns the table of a module.</summary>
    /// <param name="module">The module.</param>
    /// <param name="maxDepth">The number of levels; -1 for all.</param>
    public static ModuleTable Of(nn.Module module, int maxDepth = 1)
    {
        ArgumentNullException.ThrowIfNull(module);
        var parts = new List<ModulePart>();
        Add(module, string.Empty, 1, maxDepth < 0 ? int.MaxValue : maxDepth, parts);
        var all = Count(module);
        return new ModuleTable(parts, all.Parameters, all.Trainable, all.Bytes);
    }

    /// <summary>Returns the table as aligned text, one line per submodule, with the totals.</summary>
    public override string ToString()
    {
        var lines = Parts.Select(Cells).Prepend(Titles).ToList();
        var widths = Enumerable.Range(0, Titles.Length).Select(column => lines.Max(line => line[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var line in Parts.Count == 0 ? [] : lines)
        {
            text.Append(
                string.Join(
                    "  ", line.Select((cell, column) => column is 2 or 3 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column])))
                    .TrimEnd())
                .Append('\n');
        }

        return text.Append(
            CultureInfo.InvariantCulture,
            $"{Parameters:N0} parameters, {TrainableParameters:N0} trained and {FrozenParameters:N0} frozen, {Size(ByteLength)}")
            .ToString();
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
            List<KeyValuePair<string, long[]>> shapes =
            [
                .. child.named_parameters(recurse: false).Select(entry => KeyValuePair.Create(entry.name, entry.parameter.shape)),
            ];
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

/// <summary>One submodule in a <see cref="ModuleTable"/>.</summary>
/// <param name="Name">The name within the module, with dots between levels.</param>
/// <param name="Type">The class.</param>
/// <param name="Depth">The level; 1 for a direct submodule.</param>
/// <param name="Parameters">The number of elements of its parameters, including those of its submodules.</param>
/// <param name="TrainableParameters">The number of trained elements.</param>
/// <param name="ByteLength">The size of its parameters, in bytes.</param>
/// <param name="Shapes">The names and shapes of its own parameters, without those of its submodules.</param>
/// <param name="IsTraining">True if it is in training mode.</param>
public sealed record ModulePart(
    string Name,
    string Type,
    int Depth,
    long Parameters,
    long TrainableParameters,
    long ByteLength,
    IReadOnlyList<KeyValuePair<string, long[]>> Shapes,
    bool IsTraining);
