using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>An embedding that a fused Adam trains with sparse gradients, and a dense parameter.</summary>
internal sealed class EmbeddingTraining : IDisposable
{
    public const int Rows = 3000;
    public const int Width = 64;

    /// <summary>Added to gradients, so that each changes its row. Held, since TorchSharp frees scalars that are in use.</summary>
    private static readonly Scalar Offset = 0.1;

    private static readonly Scalar One = 1;

    private readonly Parameter _embedding = nn.Parameter(zeros(Rows, Width));
    private readonly Parameter _dense = nn.Parameter(zeros(20, 30));
    private readonly FusedAdam _optimizer;
    private byte _fill;

    public EmbeddingTraining() => _optimizer = new FusedAdam([_embedding, _dense]);

    /// <summary>Returns the copied bytes.</summary>
    public static long Copy(CapturePlan plan, ArenaBlock block)
    {
        var rows = RowCopy.Begin(plan, block)!;
        new CopyJob(new CopyTarget(new CopyList([]), 0), rows: rows).Work();
        return rows.CopiedBytes;
    }

    public static void AssertCopied(CapturePlan plan, ArenaBlock block)
    {
        foreach (var piece in plan.RowPieces)
        {
            Assert.IsTrue(MemoryComparison.AreSame(piece.Source, block.Address + (nint)piece.Target, piece.ByteLength));
        }
    }

    public TrainingState State()
    {
        var root = new StateMap { ["embedding"] = TensorData.FromTensor(_embedding, TensorStability.UntilOptimizerStep) };
        for (var index = 0; index < 2; index++)
        {
            var state = (Adam.State)_optimizer.state_dict().State[index];
            root[$"mean{index}"] = TensorData.FromTensor(state.exp_avg, TensorStability.UntilOptimizerStep);
            root[$"square{index}"] = TensorData.FromTensor(state.exp_avg_sq, TensorStability.UntilOptimizerStep);
        }

        root["dense"] = TensorData.FromTensor(_dense, TensorStability.UntilOptimizerStep);
        return new TrainingState(root);
    }

    public void Sparse(params long[] rows)
    {
        using var scope = NewDisposeScope();
        var places = tensor(rows).reshape(1, rows.Length);
        _embedding.grad = sparse_coo_tensor(places, rand(rows.Length, Width).add(Offset, One), [Rows, Width]);
        _optimizer.step();
        _embedding.grad = null;
    }

    /// <summary>Steps two rows whole, or one element of each.</summary>
    public void StepIn(int sparseDimensions, long row, long other)
    {
        if (sparseDimensions == 1)
        {
            Sparse(row, other);
            return;
        }

        using var scope = NewDisposeScope();
        _embedding.grad = sparse_coo_tensor(tensor(new long[,] { { row, other }, { 5, 6 } }), rand(2).add(Offset, One), [Rows, Width]);
        _optimizer.step();
        _embedding.grad = null;
    }

    /// <summary>Gets the records of the embedding and its moments.</summary>
    public List<RowChanges> Changes()
    {
        var state = (Adam.State)_optimizer.state_dict().State[0];
        return [RowChanges.Of(_embedding)!, RowChanges.Of(state.exp_avg)!, RowChanges.Of(state.exp_avg_sq)!];
    }

    public byte[] Embedding()
    {
        using var detached = _embedding.detach();
        return detached.bytes.ToArray();
    }

    public void Write()
    {
        using var _ = no_grad();
        _embedding[17].add_(One, One).Dispose();
    }

    public void WriteDirectly()
    {
        using var detached = _embedding.detach();
        detached.bytes.Fill(++_fill);
    }

    public void WriteDirectly(int element, float value = 5)
    {
        using var detached = _embedding.detach();
        detached.data<float>()[element / Width, element % Width] = value;
    }

    public void Change(Random random)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        switch (random.Next(10))
        {
            case 0:
                Write();
                break;
            case 1:
                _embedding.detach().bytes[random.Next(Rows * Width * 4)] ^= 1;
                RowChanges.Of(_embedding)?.MarkAll();
                break;
            case 2:
                _embedding.grad = rand(Rows, Width);
                _optimizer.step();
                _embedding.grad = null;
                break;
            case 3:
                WriteDirectly();
                break;
            case 4:
                _dense.grad = rand(20, 30);
                _optimizer.step();
                break;
            default:
                Sparse([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => (long)random.Next(Rows))]);
                break;
        }
    }

    public void Dispose()
    {
        _embedding.Dispose();
        _dense.Dispose();
        _optimizer.Dispose();
    }
}
