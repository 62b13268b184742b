using System.Runtime.InteropServices;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>A state dominated by embeddings, of which a save finds some rows changed.</summary>
internal sealed class Embeddings
{
    private readonly HostTensorStorage _rows;
    private readonly HostTensorStorage _frozen;
    private readonly Random _random = new(5);
    private readonly int _count;
    private readonly int _width;

    public Embeddings(int count, int width)
    {
        (_count, _width) = (count, width);
        (_rows, _frozen) = (Random(count * width), Random(count * width));
    }

    public int Step { get; private set; }

    /// <summary>Gets the length of the tensors in bytes.</summary>
    public long ByteLength => _rows.ByteLength + _frozen.ByteLength;

    /// <summary>Changes rows chosen at random.</summary>
    public void Touch(int rows)
    {
        Step++;
        var values = MemoryMarshal.Cast<byte, float>(_rows.GetWritableBytes(0, (int)_rows.ByteLength));
        for (var touched = 0; touched < rows; touched++)
        {
            var row = values.Slice(_random.Next(_count) * _width, _width);
            for (var index = 0; index < row.Length; index++)
            {
                row[index] += 1;
            }
        }
    }

    /// <summary>Returns the state, which refers to the memory of the embeddings.</summary>
    public TrainingState State() => TrainingState.Captured(new StateMap
    {
        ["global_step"] = Step,
        ["state_dict"] = new StateMap
        {
            ["frozen.weight"] = new TensorData(_frozen, ScalarType.Float32, [_count, _width], [_width, 1]),
            ["rows.weight"] = new TensorData(_rows, ScalarType.Float32, [_count, _width], [_width, 1]),
        },
    });

    /// <summary>Saves the state.</summary>
    public async Task SaveAsync(CheckpointIO io, string path, CancellationToken cancellationToken)
    {
        using var state = State();
        await io.SaveCheckpointAsync(state, path, null, cancellationToken);
    }

    /// <summary>Returns the file that a full save writes.</summary>
    public byte[] FullFile()
    {
        using var state = State();
        return FullFileOf(state);
    }

    public static byte[] FullFileOf(TrainingState state)
    {
        var storage = new MemoryStorage();
        new SafetensorsCheckpointIO(storage).SaveCheckpointAsync(state, "a", null, CancellationToken.None).GetAwaiter().GetResult();
        return storage["a"];
    }

    /// <summary>Returns the complete file that a checkpoint stands for, assembled from its chain.</summary>
    public static byte[] Assemble(IStorage storage, string path)
    {
        using var file = storage.Open(path);
        file.Storage = storage;
        using var chain = IncrementFile.TryRead(file) is { } increment ? ChainReader.Open(file, increment) : null;
        var bytes = new byte[(chain ?? file).Length];
        (chain ?? file).Read(0, bytes);
        return bytes;
    }

    private HostTensorStorage Random(int count)
    {
        var storage = new HostTensorStorage(count * sizeof(float));
        _random.NextBytes(storage.GetWritableBytes(0, count * sizeof(float)));
        return storage;
    }
}
