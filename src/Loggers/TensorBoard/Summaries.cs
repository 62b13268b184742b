using System.Globalization;
using System.Text;
using Google.Protobuf;
using Tensorboard;

namespace Fulgurite.Loggers;

/// <summary>Converts values to the summaries of TensorBoard's plug-ins.</summary>
internal static class Summaries
{
    public static Summary OfScalars(IEnumerable<KeyValuePair<string, double>> metrics)
    {
        var summary = new Summary();
        summary.Value.AddRange(metrics.Select(metric => new Summary.Types.Value { Tag = metric.Key, SimpleValue = (float)metric.Value }));
        return summary;
    }

    public static Summary OfHistogram(string name, Histogram histogram) => Of(new Summary.Types.Value
    {
        Tag = name,
        Histo = new HistogramProto
        {
            Min = histogram.Min,
            Max = histogram.Max,
            Num = histogram.Count,
            Sum = histogram.Sum,
            SumSquares = histogram.SumOfSquares,
            BucketLimit = { histogram.Limits },
            Bucket = { histogram.Counts },
        },
    });

    public static Summary OfText(string name, string text) => Of(new Summary.Types.Value
    {
        Tag = $"{name}/text_summary",
        Tensor = new TensorProto
        {
            Dtype = DataType.DtString,
            TensorShape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dim { Size = 1 } } },
            StringVal = { ByteString.CopyFromUtf8(text) },
        },
        Metadata = Plugin("text", ByteString.Empty),
    });

    /// <summary>Returns data for a plug-in, without a value.</summary>
    public static Summary OfPlugin(string tag, string plugin, ByteString content) =>
        Of(new Summary.Types.Value { Tag = tag, Metadata = Plugin(plugin, content) });

    private static Summary Of(Summary.Types.Value value) => new() { Value = { value } };

    private static SummaryMetadata Plugin(string name, ByteString content) =>
        new() { PluginData = new SummaryMetadata.Types.PluginData { PluginName = name, Content = content } };
}

/// <summary>Formats a save as a line of Markdown.</summary>
internal static class CheckpointText
{
    public static string Of(SaveOperation operation)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture, $"`{Path.GetFileName(operation.Path)}` {operation.Outcome.ToString().ToLowerInvariant()}");
        if (operation.Options.Score is { } score)
        {
            text.Append(CultureInfo.InvariantCulture, $", score {score:G6}");
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $", {operation.ByteCount:N0} bytes, training waited {operation.Stall.TotalMilliseconds:0.##} ms, "
                + $"written in {operation.WriteTime.TotalMilliseconds:0.#} ms");
        if (operation.Failure is { } failure)
        {
            text.Append(CultureInfo.InvariantCulture, $": {failure.Message}");
        }

        return text.ToString();
    }
}
