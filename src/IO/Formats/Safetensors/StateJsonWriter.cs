using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Writes a state tree as JSON, with tensors as references to entries.</summary>
internal sealed class StateJsonWriter(Utf8JsonWriter json, SafetensorsLayout layout)
{
    private static readonly JsonEncodedText Tensor = JsonEncodedText.Encode(StateJson.Tensor);

    /// <summary>Writes a value.</summary>
    /// <exception cref="NotSupportedException">The tree is nested too deeply, or a value cannot be stored.</exception>
    public void Write(StateValue value) => Write(value, 0);

    private void Write(StateValue value, int depth)
    {
        if (depth > StateJson.MaxDepth)
        {
            throw new NotSupportedException(
                $"The state is nested more than {StateJson.MaxDepth} levels deep, which no checkpoint can hold. Does it contain itself?");
        }

        switch (value)
        {
            case StateNull:
                json.WriteNullValue();
                break;
            case StateBoolean boolean:
                json.WriteBooleanValue(boolean.Value);
                break;
            case StateInteger integer:
                json.WriteNumberValue(integer.Value);
                break;
            case StateReal real:
                WriteReal(real.Value);
                break;
            case StateText text:
                WriteText(text.Value);
                break;
            case StateBytes bytes:
                json.WriteStartObject();
                json.WriteBase64String(StateJson.Bytes, bytes.Value.Span);
                json.WriteEndObject();
                break;
            case TensorData tensor:
                WriteTensor(tensor);
                break;
            case StateList { IsTuple: true } tuple:
                json.WriteStartObject();
                json.WritePropertyName(StateJson.Tuple);
                WriteItems(tuple, depth);
                json.WriteEndObject();
                break;
            case StateList list:
                WriteItems(list, depth);
                break;
            case StateMap map:
                WriteMap(map, depth);
                break;
            case StateObject placeholder:
                WriteObject(placeholder, depth);
                break;
            default:
                throw new NotSupportedException($"A {value} cannot be stored in a safetensors file.");
        }
    }

    private void WriteReal(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        if (!double.IsFinite(value))
        {
            json.WriteStartObject();
            json.WriteString(StateJson.Real, text);
            json.WriteEndObject();
            return;
        }

        // A floating-point number without a fraction keeps a decimal point, which distinguishes it from an integer.
        json.WriteRawValue(text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0", skipInputValidation: true);
    }

    private void WriteText(string value)
    {
        if (StateJson.IsWellFormed(value))
        {
            json.WriteStringValue(value);
            return;
        }

        json.WriteStartObject();
        json.WriteBase64String(StateJson.Text, MemoryMarshal.AsBytes(value.AsSpan()));
        json.WriteEndObject();
    }

    private void WriteItems(StateList list, int depth)
    {
        json.WriteStartArray();
        foreach (var item in list)
        {
            Write(item, depth + 1);
        }

        json.WriteEndArray();
    }

    private void WriteMap(StateMap map, int depth)
    {
        json.WriteStartObject();
        if (map.Keys.All(IsPlain))
        {
            foreach (var (key, item) in map)
            {
                json.WritePropertyName(key.ToString());
                Write(item, depth + 1);
            }
        }
        else
        {
            json.WriteStartArray(StateJson.Map);
            foreach (var (key, item) in map)
            {
                json.WriteStartArray();
                Write(key.IsNumber ? key.Number : key.ToString(), depth + 1);
                Write(item, depth + 1);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private void WriteTensor(TensorData tensor)
    {
        var reference = layout[tensor];
        json.WriteStartObject();
        json.WriteString(Tensor, reference.Name);
        if (reference.IsView)
        {
            json.WriteString(StateJson.Type, SafetensorsType.TreeName(tensor.Type));
            WriteSizes(StateJson.Shape, tensor.Shape);
            if (!reference.IsGathered)
            {
                WriteSizes(StateJson.Strides, tensor.Strides);
            }

            json.WriteNumber(StateJson.Offset, reference.Offset);
        }

        json.WriteEndObject();
    }

    private void WriteSizes(string name, ReadOnlySpan<long> sizes)
    {
        json.WriteStartArray(name);
        foreach (var size in sizes)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
    }

    private void WriteObject(StateObject placeholder, int depth)
    {
        json.WriteStartObject();
        json.WritePropertyName(StateJson.Object);
        WriteText(placeholder.ClassName);
        json.WriteString(StateJson.Form, placeholder.Form.ToString());
        json.WritePropertyName(StateJson.Arguments);
        Write(placeholder.Arguments, depth + 1);
        json.WritePropertyName(StateJson.State);
        Write(placeholder.State, depth + 1);
        json.WritePropertyName(StateJson.Items);
        Write(placeholder.Items, depth + 1);
        json.WriteEndObject();
    }

    private static bool IsPlain(StateKey key) =>
        !key.IsNumber && key.ToString() is var text && (text.Length == 0 || text[0] != StateJson.Mark) && StateJson.IsWellFormed(text);
}
