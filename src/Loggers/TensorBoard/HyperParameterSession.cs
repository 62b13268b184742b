using Fulgurite.State;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tensorboard;

namespace Fulgurite.Loggers;

/// <summary>
/// The messages of the "hparams" plug-in, which TorchSharp lacks: the hyper-parameters of a run and its end. The constants are field
/// numbers.
/// </summary>
internal static class HyperParameterSession
{
    /// <summary>
    /// Returns the hyper-parameters of a run, which TensorBoard shows beside the metrics of the run. There is deliberately no list of
    /// columns: TensorBoard would apply the list of the first run to all runs, and otherwise detects the columns of each. The group name is
    /// omitted as well: it would merge runs of the same name in different folders into one row.
    /// </summary>
    public static Summary Start(DateTimeOffset time, IReadOnlyList<KeyValuePair<string, StateValue>> values)
    {
        // The map of names to values is encoded as that of a Struct.
        var parameters = new Struct();
        foreach (var (name, value) in values)
        {
            parameters.Fields[name] = Encode(value);
        }

        return Summarize("_hparams_/session_start_info", field: 3, session =>
        {
            parameters.WriteTo(session);
            session.WriteTag(5, WireFormat.WireType.Fixed64);
            session.WriteDouble(time.ToUnixTimeMilliseconds() / 1000.0);
        });
    }

    /// <summary>Returns the message for the end of a run.</summary>
    public static Summary End(DateTimeOffset time, RunEnd end)
    {
        const int success = 1, failure = 2;
        return Summarize("_hparams_/session_end_info", field: 4, session =>
        {
            session.WriteTag(1, WireFormat.WireType.Varint);
            session.WriteEnum(end == RunEnd.Failed ? failure : success);
            session.WriteTag(2, WireFormat.WireType.Fixed64);
            session.WriteDouble(time.ToUnixTimeMilliseconds() / 1000.0);
        });
    }

    private static Summary Summarize(string tag, int field, Action<CodedOutputStream> write) =>
        Summaries.OfPlugin(tag, "hparams", Bytes(content =>
        {
            content.WriteTag(field, WireFormat.WireType.LengthDelimited);
            content.WriteBytes(Bytes(write));
        }));

    private static ByteString Bytes(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var stream = new CodedOutputStream(bytes, leaveOpen: true))
        {
            write(stream);
        }

        return ByteString.CopyFrom(bytes.ToArray());
    }

    private static Value Encode(StateValue value) => value switch
    {
        StateBoolean boolean => Value.ForBool(boolean.Value),
        StateInteger or StateReal => Value.ForNumber(value.AsReal()),
        StateNull => Value.ForNull(),
        _ => Value.ForString(value.ToString() ?? string.Empty),
    };
}
