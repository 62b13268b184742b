namespace Fulgurite.Tests.Callbacks.Doubles;

/// <summary>Looks into what was saved.</summary>
internal static class States
{
    /// <summary>Every tensor of a file with its bytes, to compare two files by.</summary>
    public static List<string> Tensors(this HeldCheckpointIO storage, string path)
    {
        using var state = storage.Read(path);
        return [.. state.Tensors().Select(entry => $"{entry.Key}: {Convert.ToHexString(Bytes(entry.Value))}")];
    }

    public static TrainingState Read(this HeldCheckpointIO storage, string path) =>
        storage.LoadCheckpointAsync(path, null, CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>The elements of a tensor of a file.</summary>
    public static float[] Values(this HeldCheckpointIO storage, string path, string tensor)
    {
        using var state = storage.Read(path);
        return Values(state.Find(tensor)!.AsTensor());
    }

    public static float[] Values(TensorData tensor)
    {
        var values = new float[tensor.ElementCount];
        tensor.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>The integer of a tensor of a state.</summary>
    public static long Integer(TrainingState state, string tensor) => BitConverter.ToInt64(Bytes(state.Find(tensor)!.AsTensor()));

    private static byte[] Bytes(TensorData tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }
}
