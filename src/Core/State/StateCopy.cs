namespace Fulgurite.State;

/// <summary>Copies a state synchronously on one thread.</summary>
internal static class StateCopy
{
    public static TrainingState Of(TrainingState state)
    {
        var layout = StorageLayout.Of(state);
        var pieces = layout.Pieces.Select(Copy).ToList();
        var tensors = StateWalk.Collect(state.Root).Select(tensor => tensor.In(pieces[layout[tensor].Piece], layout[tensor].Offset)).ToList();
        return TrainingState.Captured((StateMap)StateWalk.Replace(state.Root, tensors), () => pieces.ForEach(piece => piece.Dispose()));
    }

    private static unsafe HostTensorStorage Copy(StoragePiece piece)
    {
        var copy = new HostTensorStorage(piece.ByteLength);
        Buffer.MemoryCopy((void*)piece.Address, (void*)copy.Address, piece.ByteLength, piece.ByteLength);
        GC.KeepAlive(piece);
        return copy;
    }
}
