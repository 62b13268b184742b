using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>Reads a state tree from JSON.</summary>
/// <param name="tensors">Creates the tensors.</param>
/// <param name="selection">The values to load.</param>
/// <param name="path">The current position in the tree.</param>
internal sealed class StateJsonReader(SafetensorsTensors tensors, LoadSelection selection, StatePath path)
{
    private const int MaxDimensions = 64;

    /// <summary>The entries of the maps that are being read, the innermost last.</summary>
    private readonly List<KeyValuePair<StateKey, StateValue>> _entries = new(tensors.Count);

    /// <summary>Reads the value at the current token.</summary>
    /// <exception cref="FormatException">The JSON is not a state tree.</exception>
    /// <exception cref="JsonException">The text is not valid JSON.</exception>
    public StateValue Read(ref Utf8JsonReader json) => json.TokenType switch
    {
        JsonTokenType.Null => StateValue.Null,
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.String => ReadText(ref json),
        JsonTokenType.Number => ReadNumber(ref json),
        JsonTokenType.StartArray => ReadList(ref json, isTuple: false),
        JsonTokenType.StartObject => ReadObject(ref json),
        _ => throw new FormatException($"the state has {json.TokenType} where a value is expected"),
    };

    private static StateValue ReadNumber(ref Utf8JsonReader json)
    {
        if (json.ValueSpan.ContainsAny((byte)'.', (byte)'e', (byte)'E'))
        {
            return json.GetDouble();
        }

        return json.TryGetInt64(out var integer) ? integer : throw new FormatException("the state has an integer of more than 64 bits");
    }

    private StateList ReadList(ref Utf8JsonReader json, bool isTuple)
    {
        var items = new List<StateValue>();
        while (ReadNext(ref json) != JsonTokenType.EndArray)
        {
            path.Enter(items.Count);
            items.Add(ReadWanted(ref json) ?? StateValue.Null);
            path.Leave();
        }

        return new StateList(items, isTuple);
    }

    private StateValue ReadObject(ref Utf8JsonReader json)
    {
        var start = _entries.Count;
        while (ReadNext(ref json) != JsonTokenType.EndObject)
        {
            var isFirst = _entries.Count == start;
            var key = isFirst && json.ValueTextEquals(StateJson.Tensor) ? StateJson.Tensor : ReadText(ref json);
            if (isFirst && key.Length > 0 && key[0] == StateJson.Mark)
            {
                return ReadMarked(ref json, key);
            }

            ReadNext(ref json);
            ReadEntry(ref json, key);
        }

        return TakeMap(start);
    }

    private StateValue ReadMarked(ref Utf8JsonReader json, string mark)
    {
        var next = ReadNext(ref json);
        StateValue value = mark switch
        {
            StateJson.Tensor when next == JsonTokenType.String => ReadTensor(ref json),
            StateJson.Object => ReadPlaceholder(ref json),
            StateJson.Tuple when next == JsonTokenType.StartArray => ReadList(ref json, isTuple: true),
            StateJson.Map when next == JsonTokenType.StartArray => ReadPairs(ref json),
            StateJson.Bytes when next == JsonTokenType.String => new StateBytes(ReadBytes(ref json)),
            StateJson.Text when next == JsonTokenType.String => ReadUtf16(ref json),
            StateJson.Real when next == JsonTokenType.String => ReadReal(ref json),
            _ => throw new FormatException($"the state has the unknown property '{mark}'"),
        };
        return ReadNext(ref json) == JsonTokenType.EndObject
            ? value
            : throw new FormatException($"the state has unexpected properties next to '{mark}'");
    }

    private StateMap ReadPairs(ref Utf8JsonReader json)
    {
        var start = _entries.Count;
        while (ReadNext(ref json) == JsonTokenType.StartArray)
        {
            ReadNext(ref json);
            StateKey key = Read(ref json) switch
            {
                StateText text => text.Value,
                StateInteger integer => integer.Value,
                _ => throw new FormatException("the state has a key that is neither a string nor an integer"),
            };
            ReadNext(ref json);
            ReadEntry(ref json, key);
            if (ReadNext(ref json) != JsonTokenType.EndArray)
            {
                throw new FormatException("the state has a pair of more than two items");
            }
        }

        return TakeMap(start);
    }

    private void ReadEntry(ref Utf8JsonReader json, StateKey key)
    {
        path.Enter(key);
        if (ReadWanted(ref json) is { } value)
        {
            _entries.Add(KeyValuePair.Create(key, value));
        }

        path.Leave();
    }

    /// <summary>Returns a map of the last entries, which are as many as it needs room for.</summary>
    private StateMap TakeMap(int start)
    {
        var map = new StateMap(_entries.Count - start);
        foreach (var (key, value) in CollectionsMarshal.AsSpan(_entries)[start..])
        {
            // One look-up for both questions.
            var count = map.Count;
            map[key] = value;
            if (map.Count == count)
            {
                throw new FormatException($"the state has the key '{key}' twice");
            }
        }

        _entries.RemoveRange(start, _entries.Count - start);
        return map;
    }

    private StateValue? ReadWanted(ref Utf8JsonReader json)
    {
        if (selection.IsEverything || selection.Wants(path.ToString()))
        {
            return Read(ref json);
        }

        json.Skip();
        return null;
    }

    private StateValue ReadTensor(ref Utf8JsonReader json)
    {
        path.IsTensor = true;
        var tensor = ReadTensorHere(ref json);
        path.IsTensor = false;
        return tensor;
    }

    private StateValue ReadTensorHere(ref Utf8JsonReader json)
    {
        var name = tensors.TryReadNext(ref json) ?? ReadText(ref json);
        string? type = null;
        long[]? shape = null, strides = null;
        var offset = 0L;
        var peek = json;
        while (peek.Read() && peek.TokenType == JsonTokenType.PropertyName)
        {
            ReadNext(ref json);
            var field = ReadText(ref json);
            var next = ReadNext(ref json);
            switch (field)
            {
                case StateJson.Type when next == JsonTokenType.String:
                    type = ReadText(ref json);
                    break;
                case StateJson.Shape when next == JsonTokenType.StartArray:
                    shape = ReadSizes(ref json);
                    break;
                case StateJson.Strides when next == JsonTokenType.StartArray:
                    strides = ReadSizes(ref json);
                    break;
                case StateJson.Offset when next == JsonTokenType.Number:
                    offset = ReadInteger(ref json);
                    break;
                default:
                    throw new FormatException($"the tensor '{name}' of the state has the unknown property '{field}'");
            }

            peek = json;
        }

        return type is null
            ? tensors.Whole(name, path)
            : tensors.View(
                name, path, ParseType(type), shape ?? throw new FormatException($"the tensor '{name}' of the state has no shape"), strides,
                offset);
    }

    private static ScalarType ParseType(string name) =>
        SafetensorsType.TryParseTreeName(name, out var type)
            ? type
            : throw new FormatException($"the state has a tensor of the type '{name}'");

    private static long[] ReadSizes(ref Utf8JsonReader json)
    {
        var sizes = new List<long>();
        while (ReadNext(ref json) == JsonTokenType.Number)
        {
            if (sizes.Count == MaxDimensions)
            {
                throw new FormatException($"the state has a tensor of more than {MaxDimensions} dimensions");
            }

            sizes.Add(ReadInteger(ref json));
        }

        return [.. sizes];
    }

    private StateObject ReadPlaceholder(ref Utf8JsonReader json)
    {
        var name = Read(ref json) is StateText { Value: var text }
            ? text
            : throw new FormatException("the state has an object whose class is not a text");
        var form = StateObjectForm.Instance;
        var arguments = new StateList();
        StateValue state = StateValue.Null, items = StateValue.Null;
        for (var field = 0; field < 4; field++)
        {
            ReadNext(ref json);
            var key = ReadText(ref json);
            ReadNext(ref json);
            switch (key)
            {
                case StateJson.Form:
                    form = Enum.TryParse<StateObjectForm>(ReadText(ref json), out var parsed) && Enum.IsDefined(parsed)
                        ? parsed
                        : throw new FormatException($"the object '{name}' of the state has an unknown form");
                    break;
                case StateJson.Arguments:
                    arguments = Read(ref json) as StateList
                        ?? throw new FormatException($"the object '{name}' of the state has arguments that are not a list");
                    break;
                case StateJson.State:
                    state = Read(ref json);
                    break;
                case StateJson.Items:
                    items = Read(ref json);
                    break;
                default:
                    throw new FormatException($"the object '{name}' of the state has the unknown property '{key}'");
            }
        }

        return new StateObject(name, arguments, state) { Form = form, Items = items };
    }

    private static string ReadUtf16(ref Utf8JsonReader json)
    {
        var bytes = ReadBytes(ref json);
        return bytes.Length % 2 == 0
            ? new string(MemoryMarshal.Cast<byte, char>(bytes))
            : throw new FormatException("the state has a UTF-16 string of odd length");
    }

    private static byte[] ReadBytes(ref Utf8JsonReader json) =>
        json.TryGetBytesFromBase64(out var bytes) ? bytes : throw new FormatException("the state has bytes that are not valid Base64");

    private static double ReadReal(ref Utf8JsonReader json) =>
        ReadText(ref json) is var text && double.TryParse(text, CultureInfo.InvariantCulture, out var real)
            ? real
            : throw new FormatException($"the state has the invalid number '{text}'");

    private static long ReadInteger(ref Utf8JsonReader json) =>
        json.TryGetInt64(out var integer)
            ? integer
            : throw new FormatException("the state has a size or an offset that is not an integer of 64 bits");

    private static string ReadText(ref Utf8JsonReader json) =>
        json.TokenType is JsonTokenType.String or JsonTokenType.PropertyName
            ? json.GetString()!
            : throw new FormatException($"the state has {json.TokenType} where a text is expected");

    private static JsonTokenType ReadNext(ref Utf8JsonReader json) =>
        json.Read() ? json.TokenType : throw new FormatException("the state ends too early");
}
