using System.Text;
using Fulgurite.Loggers.Writing;
using Fulgurite.State;

namespace Fulgurite.Loggers.TensorBoard;

/// <summary>What TensorBoard shows, as the messages that its plug-ins read. The numbers are those of their fields.</summary>
internal static class Summaries
{
    private const int SummaryField = 5;
    private const int ValueField = 1;
    private const int TextType = 7;

    public static void AddScalars(ProtobufWriter message, IEnumerable<KeyValuePair<string, double>> metrics)
    {
        var summary = new ProtobufWriter();
        foreach (var (name, value) in metrics)
        {
            summary.Message(ValueField, new ProtobufWriter().Text(1, name).Float(2, (float)value));
        }

        message.Message(SummaryField, summary);
    }

    public static void AddHistogram(ProtobufWriter message, string name, Histogram histogram)
    {
        var value = new ProtobufWriter()
            .Double(1, histogram.Min)
            .Double(2, histogram.Max)
            .Double(3, histogram.Count)
            .Double(4, histogram.Sum)
            .Double(5, histogram.SumOfSquares)
            .Doubles(6, histogram.Limits)
            .Doubles(7, histogram.Counts);
        message.Message(SummaryField, new ProtobufWriter().Message(ValueField, new ProtobufWriter().Text(1, name).Message(5, value)));
    }

    public static void AddText(ProtobufWriter message, string name, string text)
    {
        var shape = new ProtobufWriter().Message(2, new ProtobufWriter().Integer(1, 1));
        var tensor = new ProtobufWriter().Integer(1, TextType).Message(2, shape).Bytes(8, Encoding.UTF8.GetBytes(text));
        message.Message(
            SummaryField,
            new ProtobufWriter().Message(ValueField, new ProtobufWriter().Text(1, $"{name}/text_summary").Message(8, tensor).Message(9, Plugin("text", []))));
    }

    /// <summary>
    /// The hyper-parameters of a run; TensorBoard shows them beside the metrics that the run logs. A list of columns is left out on purpose:
    /// of several runs it would take the first one's for all, where without one it finds those of each. So is the name of the group: runs of one name in several folders would become one row.
    /// </summary>
    public static void AddSessionStart(ProtobufWriter message, DateTimeOffset time, IReadOnlyList<KeyValuePair<string, StateValue>> values)
    {
        var start = new ProtobufWriter();
        foreach (var (name, value) in values)
        {
            start.Message(1, new ProtobufWriter().Text(1, name).Message(2, Value(value)));
        }

        start.Double(5, time.ToUnixTimeMilliseconds() / 1000.0);
        AddHyperParameterPlugin(message, "_hparams_/session_start_info", new ProtobufWriter().Message(3, start));
    }

    public static void AddSessionEnd(ProtobufWriter message, DateTimeOffset time, RunEnd end)
    {
        const int success = 1, failure = 2;
        var info = new ProtobufWriter().Integer(1, end == RunEnd.Failed ? failure : success).Double(2, time.ToUnixTimeMilliseconds() / 1000.0);
        AddHyperParameterPlugin(message, "_hparams_/session_end_info", new ProtobufWriter().Message(4, info));
    }

    private static void AddHyperParameterPlugin(ProtobufWriter message, string tag, ProtobufWriter content) =>
        message.Message(
            SummaryField,
            new ProtobufWriter().Message(ValueField, new ProtobufWriter().Text(1, tag).Message(9, Plugin("hparams", content.Written))));

    private static ProtobufWriter Plugin(string name, ReadOnlySpan<byte> content)
    {
        var data = new ProtobufWriter().Text(1, name);
        if (content.Length > 0)
        {
            data.Bytes(2, content);
        }

        return new ProtobufWriter().Message(1, data);
    }

    private static ProtobufWriter Value(StateValue value) => value switch
    {
        StateBoolean boolean => new ProtobufWriter().Integer(4, boolean.Value ? 1 : 0),
        StateInteger or StateReal => new ProtobufWriter().Double(2, value.AsReal()),
        StateNull => new ProtobufWriter().Integer(1, 0),
        _ => new ProtobufWriter().Text(3, value.ToString() ?? string.Empty),
    };
}
