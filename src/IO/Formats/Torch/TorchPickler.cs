using System.Text;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Writes a state as the pickle of a torch file, with tensors as references to numbered storages.</summary>
internal sealed class TorchPickler
{
    /// <summary>The estimated size of a tensor with a name of typical length.</summary>
    private const int BytesPerTensor = 96;
    private const int LeastCapacity = 4096;

    private readonly PickleWriter _pickle;
    private readonly StorageLayout _layout;

    private TorchPickler(StorageLayout layout)
    {
        _layout = layout;
        _pickle = new PickleWriter((int)Math.Min(LeastCapacity + ((long)layout.Pieces.Count * BytesPerTensor), Array.MaxLength));
    }

    /// <summary>Writes a state.</summary>
    /// <exception cref="NotSupportedException">The tree is nested too deeply.</exception>
    public static ArraySegment<byte> Write(StateMap root, StorageLayout layout)
    {
        var pickler = new TorchPickler(layout);
        pickler._pickle.Start();
        pickler.WriteValue(root, 0);
        pickler._pickle.Write(PickleOpcode.Stop);
        return pickler._pickle.Written;
    }

    private void WriteValue(StateValue value, int depth)
    {
        if (depth > PickleLimits.MaxDepth)
        {
            throw new NotSupportedException(
                $"The state is nested more than {PickleLimits.MaxDepth} levels deep, which no checkpoint can hold. "
                    + "Does it contain itself?");
        }

        switch (value)
        {
            case StateNull:
                _pickle.Write(PickleOpcode.None);
                break;
            case StateBoolean boolean:
                _pickle.WriteBoolean(boolean.Value);
                break;
            case StateInteger integer:
                _pickle.WriteInteger(integer.Value);
                break;
            case StateReal real:
                _pickle.WriteReal(real.Value);
                break;
            case StateText text:
                _pickle.WriteText(text.Value);
                break;
            case StateBytes bytes:
                WriteBytes(bytes.Value.Span);
                break;
            case TensorData tensor:
                WriteTensor(tensor);
                break;
            case StateList { IsTuple: true } tuple:
                WriteTuple(tuple, depth);
                break;
            case StateList list:
                _pickle.Write(PickleOpcode.EmptyList);
                WriteItems(list, depth);
                break;
            case StateMap map:
                _pickle.Write(PickleOpcode.EmptyDictionary);
                WriteItems(map, depth);
                break;
            case StateObject placeholder:
                WriteObject(placeholder, depth);
                break;
            default:
                throw new NotSupportedException($"A {value} cannot be stored in a torch file.");
        }
    }

    private void WriteTuple(StateList tuple, int depth)
    {
        _pickle.StartTuple(tuple.Count);
        foreach (var item in tuple)
        {
            WriteValue(item, depth + 1);
        }

        _pickle.WriteTuple(tuple.Count);
    }

    private void WriteItems(StateList list, int depth)
    {
        for (var index = 0; index < list.Count; index++)
        {
            StartBatch(index, PickleOpcode.Appends);
            WriteValue(list[index], depth + 1);
        }

        EndBatch(list.Count, PickleOpcode.Appends);
    }

    private void WriteItems(StateMap map, int depth)
    {
        var index = 0;
        foreach (var (key, item) in map)
        {
            StartBatch(index++, PickleOpcode.SetItems);
            WriteKey(key);
            WriteValue(item, depth + 1);
        }

        EndBatch(map.Count, PickleOpcode.SetItems);
    }

    /// <summary>Starts a batch of items if one is due, and ends the previous one.</summary>
    private void StartBatch(int index, PickleOpcode end)
    {
        if (index % PickleWriter.BatchSize == 0)
        {
            EndBatch(index, end);
            _pickle.Write(PickleOpcode.Mark);
        }
    }

    private void EndBatch(int count, PickleOpcode end)
    {
        if (count > 0)
        {
            _pickle.Write(end);
        }
    }

    private void WriteKey(StateKey key)
    {
        if (key.IsNumber)
        {
            _pickle.WriteInteger(key.Number);
            return;
        }

        var text = key.ToString();
        if (text.Contains('.', StringComparison.Ordinal))
        {
            // Parameter names rarely repeat: memoizing them costs more than it saves.
            _pickle.WriteText(text);
        }
        else
        {
            _pickle.WriteSharedText(text);
        }
    }

    /// <summary>Writes bytes as a string to be encoded, as Python does: protocol 2 has no bytes.</summary>
    private void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        _pickle.WriteGlobal("_codecs", "encode");
        _pickle.WriteText(Encoding.Latin1.GetString(bytes));
        _pickle.WriteSharedText("latin1");
        _pickle.Write(PickleOpcode.Tuple2);
        _pickle.Write(PickleOpcode.Reduce);
    }

    private void WriteTensor(TensorData tensor)
    {
        var place = _layout[tensor];
        _pickle.WriteGlobal("torch._utils", "_rebuild_tensor_v2");
        _pickle.Write(PickleOpcode.Mark);
        WriteStorage(place.Piece);
        _pickle.WriteInteger(place.Offset);
        WriteSizes(tensor.Shape);
        WriteSizes(tensor.Strides);
        _pickle.WriteBoolean(false);
        _pickle.WriteGlobal("collections", "OrderedDict");
        _pickle.Write(PickleOpcode.EmptyTuple);
        _pickle.Write(PickleOpcode.Reduce);
        _pickle.Write(PickleOpcode.Tuple);
        _pickle.Write(PickleOpcode.Reduce);
    }

    private void WriteStorage(int number)
    {
        var piece = _layout.Pieces[number];
        _pickle.Write(PickleOpcode.Mark);
        _pickle.WriteSharedText("storage");
        _pickle.WriteGlobal("torch", TorchType.StorageName(piece.Type));
        _pickle.WriteDecimal(number);
        _pickle.WriteSharedText("cpu");
        _pickle.WriteInteger(piece.ByteLength / piece.Type.ElementByteSize());
        _pickle.Write(PickleOpcode.Tuple);
        _pickle.Write(PickleOpcode.BinaryPersistentId);
    }

    private void WriteSizes(ReadOnlySpan<long> sizes)
    {
        _pickle.StartTuple(sizes.Length);
        foreach (var size in sizes)
        {
            _pickle.WriteInteger(size);
        }

        _pickle.WriteTuple(sizes.Length);
    }

    private void WriteObject(StateObject placeholder, int depth)
    {
        var dot = placeholder.ClassName.LastIndexOf('.');
        _pickle.WriteGlobal(dot < 0 ? "builtins" : placeholder.ClassName[..dot], placeholder.ClassName[(dot + 1)..]);
        if (placeholder.Form == StateObjectForm.Reference)
        {
            return;
        }

        WriteTuple(placeholder.Arguments, depth);
        _pickle.Write(placeholder.Form == StateObjectForm.Call ? PickleOpcode.Reduce : PickleOpcode.NewObject);
        if (placeholder.Items is StateList list)
        {
            WriteItems(list, depth);
        }
        else if (placeholder.Items is StateMap map)
        {
            WriteItems(map, depth);
        }

        if (placeholder.State is not StateNull)
        {
            WriteValue(placeholder.State, depth + 1);
            _pickle.Write(PickleOpcode.Build);
        }
    }
}
