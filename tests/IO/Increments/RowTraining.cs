using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>Two blocks of memory that captures use in turns.</summary>
internal sealed class RowCaptures : IDisposable
{
    private readonly TrainingState _state;
    private readonly ArenaBlock[] _blocks;

    public RowCaptures(RowTraining training)
    {
        _state = training.State();
        Plan = new CapturePlan(_state, [.. _state.Tensors().Select(entry => entry.Value)], overlap: true, copiesRows: true);
        Assert.HasCount(3, Plan.RowPieces);
        var length = ArenaBlock.RoundUp(Plan.ByteLength);
        _blocks = [new ArenaBlock(length, hugePages: false), new ArenaBlock(length, hugePages: false)];
    }

    public CapturePlan Plan { get; }

    public RowCapture Begin(int block) =>
        new(Plan, _blocks[block], [.. _state.Tensors().Select(entry => StateComparison.Bytes(entry.Value).ToArray())]);

    public void Dispose()
    {
        Array.ForEach(_blocks, static block => block.Dispose());
        Plan.Release();
        _state.Dispose();
    }
}

/// <summary>A capture that has begun, and the state at that time.</summary>
internal sealed unsafe class RowCapture : IDisposable
{
    private readonly CapturePlan _plan;
    private readonly ArenaBlock _block;
    private readonly byte[][] _expected;

    public RowCapture(CapturePlan plan, ArenaBlock block, byte[][] expected)
    {
        (_plan, _block, _expected) = (plan, block, expected);
        Rows = RowCopy.Begin(plan, block)!;
        Job = new CopyJob(new CopyTarget(new CopyList([]), 0), rows: Rows);
        Rows.Register(Job);
    }

    public RowCopy Rows { get; }

    public CopyJob Job { get; }

    /// <summary>Gets the epochs of the rows of each piece.</summary>
    private int[][] Epochs => _block.Rows!.Epochs;

    /// <summary>Claims a row of each piece, as a thread does that copies it.</summary>
    public void Claim(int row) => Array.ForEach(Epochs, epochs => Volatile.Write(ref epochs[row], -1));

    /// <summary>Copies a claimed row of each piece.</summary>
    public void CopyClaimed(int row)
    {
        foreach (var (index, piece) in _plan.RowPieces.Index())
        {
            var (length, start) = (piece.Changes!.RowByteLength, row * piece.Changes.RowByteLength);
            Buffer.MemoryCopy((byte*)piece.Source + start, (byte*)_block.Address + piece.Target + start, length, length);
            Volatile.Write(ref Epochs[index][row], Rows.EpochOf(piece));
        }
    }

    /// <summary>Waits until a row of any piece is copied.</summary>
    public void WaitForARow(int row) => SpinWait.SpinUntil(() => Array.Exists(Epochs, epochs => Volatile.Read(ref epochs[row]) > 0));

    public void AssertIsTheState(string when = "")
    {
        Assert.IsNull(Rows.Differing, when);
        foreach (var (index, piece) in _plan.RowPieces.Index())
        {
            var copy = new ReadOnlySpan<byte>((byte*)_block.Address + piece.Target, (int)piece.ByteLength);
            Assert.IsTrue(copy.SequenceEqual(_expected[index]), $"{when}, tensor {index}");
        }
    }

    public void Dispose() => Job.AbortThen(static () => { });
}

/// <summary>An embedding that a fused Adam trains with sparse gradients, and a few dense ones.</summary>
internal sealed class RowTraining : IDisposable
{
    public const int Rows = 20_000;
    public const int Width = 32;

    /// <summary>Added to gradients, so that each changes its row. Held, since TorchSharp frees scalars that are in use.</summary>
    private static readonly Scalar Offset = 0.1;

    private static readonly Scalar One = 1;

    private readonly Parameter _embedding = nn.Parameter(zeros(Rows, Width));

    /// <summary>Steps once, since rows are recorded from the first sparse gradient on.</summary>
    /// <param name="other">Another parameter of the optimizer; null for none.</param>
    public RowTraining(Parameter? other = null)
    {
        Optimizer = new FusedAdam(other is null ? [_embedding] : [_embedding, other]);
        SetGradient(new Random(1));
        Optimizer.step();
    }

    public Parameter Embedding => _embedding;

    public FusedAdam Optimizer { get; }

    public TrainingState State()
    {
        var state = (Adam.State)Optimizer.state_dict().State[0];
        return new TrainingState
        {
            ["embedding"] = TensorData.FromTensor(_embedding, TensorStability.UntilOptimizerStep),
            ["mean"] = TensorData.FromTensor(state.exp_avg, TensorStability.UntilOptimizerStep),
            ["square"] = TensorData.FromTensor(state.exp_avg_sq, TensorStability.UntilOptimizerStep),
        };
    }

    public void Step(Random random)
    {
        SetRandomGradient(random);
        Optimizer.step();
    }

    /// <summary>Sets a sparse gradient, or sometimes a dense one.</summary>
    public void SetRandomGradient(Random random)
    {
        SetGradient(random);
        if (random.Next(12) == 0)
        {
            // Held, since TorchSharp frees a tensor that nothing keeps alive while an operation reads it.
            using var sparse = _embedding.grad!;
            using var dense = sparse.to_dense();
            _embedding.grad = dense;
        }
    }

    public void SetGradient(Random random)
    {
        using var scope = NewDisposeScope();
        var rows = Array.ConvertAll(new long[random.Next(1, 2_000)], _ => (long)random.Next(Rows));
        _embedding.grad = sparse_coo_tensor(tensor(rows).reshape(1, rows.Length), rand(rows.Length, Width).add(Offset, One), [Rows, Width]);
    }

    /// <summary>Sets a gradient of two rows, or of all.</summary>
    public void SetGradient(int first, int second, bool isDense)
    {
        using var scope = NewDisposeScope();
        var gradient = sparse_coo_tensor(tensor(new long[] { first, second }).reshape(1, 2), ones(2, Width), [Rows, Width]);
        _embedding.grad = isDense ? gradient.to_dense() : gradient;
    }

    /// <summary>Writes a row without an operation of libtorch.</summary>
    public void WriteDirectly(int row)
    {
        using var detached = _embedding.detach();
        detached.bytes.Slice(row * Width * sizeof(float), sizeof(float)).Fill(7);
    }

    public void AddToARow()
    {
        using var _ = no_grad();
        _embedding[17].add_(One, One).Dispose();
    }

    public void Zero()
    {
        using var _ = no_grad();
        _embedding.zero_();
    }

    public void Dispose()
    {
        _embedding.Dispose();
        Optimizer.Dispose();
    }
}
