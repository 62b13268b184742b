using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Optim;

/// <summary>The fused AdamW of libtorch itself, which TorchSharp does not expose, through libtorch's stable C functions.</summary>
internal sealed unsafe partial class LibtorchFused(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients) : IDisposable
{
    private readonly Tensor[] _means = [.. parameters.Select(parameter => zeros_like(parameter))];
    private readonly Tensor[] _squares = [.. parameters.Select(parameter => zeros_like(parameter))];
    private readonly Tensor _step = zeros([], dtype: ScalarType.Float32);

    static LibtorchFused() => NativeLibrary.SetDllImportResolver(
        typeof(LibtorchFused).Assembly, static (name, _, _) => name == "torch_cpu" ? NativeLibrary.Load("libtorch_cpu.so") : 0);

    public void Step(double rate, double decay)
    {
        using var _ = no_grad();
        using TorchSharp.Scalar one = 1;
        _step.add_(one);
        var stack = stackalloc ulong[]
        {
            ToList(parameters), ToList(gradients), ToList(_means), ToList(_squares), ToList([]), ToList([.. parameters.Select(_ => _step)]),
            Bits(rate), Bits(0.9), Bits(0.999), Bits(decay), Bits(1e-8), 0, 0, 0, 0,
        };
        Check(Dispatch("aten::_fused_adamw_", string.Empty, stack));
    }

    public void Dispose()
    {
        Array.ForEach(_means, tensor => tensor.Dispose());
        Array.ForEach(_squares, tensor => tensor.Dispose());
        _step.Dispose();
    }

    /// <summary>A list that the operator takes over, as it takes over the handles in it.</summary>
    private static ulong ToList(IReadOnlyList<Tensor> tensors)
    {
        Check(NewList((nuint)tensors.Count, out var list));
        foreach (var tensor in tensors)
        {
            Check(NewHandle(tensor.Handle, out var handle));
            Check(Push(list, (ulong)handle));
        }

        return (ulong)list;
    }

    private static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);

    private static void Check(int code)
    {
        if (code != 0)
        {
            throw new InvalidOperationException($"libtorch returned {code}; its message is above.");
        }
    }

    [LibraryImport("torch_cpu", EntryPoint = "aoti_torch_call_dispatcher", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Dispatch(string name, string overload, ulong* stack);

    [LibraryImport("torch_cpu", EntryPoint = "aoti_torch_new_tensor_handle")]
    private static partial int NewHandle(nint tensor, out nint handle);

    [LibraryImport("torch_cpu", EntryPoint = "torch_new_list_reserve_size")]
    private static partial int NewList(nuint count, out nint list);

    [LibraryImport("torch_cpu", EntryPoint = "torch_list_push_back")]
    private static partial int Push(nint list, ulong item);
}
