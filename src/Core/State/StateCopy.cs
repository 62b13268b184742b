namespace Fulgurite.State;

/// <summary>Copies a state synchronously on one thread.</summary>
internal static class StateCopy
{
    public static TrainingState Of(TrainingState state)
    {
        var layout = StorageLayout.Of(state);
        var pieces = layout.Pieces.Select(Copy).ToList();
        return TrainingState.Captured(
            (StateMap)Copy(state.Root, tensor => tensor.In(pieces[layout[tensor].Piece], layout[tensor].Offset)),
            () => pieces.ForEach(piece => piece.Dispose()));
    }

    private static unsafe HostTensorStorage Copy(StoragePiece piece)
    {
        var copy = new HostTensorStorage(piece.ByteLength);
        Buffer.MemoryCopy((void*)piece.Address, (void*)copy.Address, piece.ByteLength, piece.ByteLength);
        GC.KeepAlive(piece);
        return copy;
    }

    private static StateValue Copy(StateValue value, Func<TensorData, TensorData> tensors)
    {
        switch (value)
        {
            case TensorData tensor:
                return tensors(tensor);
            case StateMap map:
                var copy = new StateMap();
                foreach (var (key, entry) in map)
                {
                    copy.Add(key, Copy(entry, tensors));
                }

                return copy;
            case StateList list:
                return new StateList(list.Select(entry => Copy(entry, tensors)), list.IsTuple);
            case StateObject placeholder:
                return new StateObject(placeholder.ClassName, (StateList)Copy(placeholder.Arguments, tensors), Copy(placeholder.State, tensors))
                {
                    Items = Copy(placeholder.Items, tensors),
                    Form = placeholder.Form,
                };
            case StateBytes bytes:
                return new StateBytes(bytes.Value.ToArray());
            default:
                return value;
        }
    }
}
