using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Compares the parameters of all processes by checksums.</summary>
internal static class ParameterComparison
{
    private const long PieceBytes = 64 << 20;

    /// <exception cref="InvalidOperationException">A parameter differs; thrown in all processes.</exception>
    public static void Check(nn.Module module, ICollectives collectives)
    {
        var named = module.named_parameters().ToList();
        var own = named.ConvertAll(each => Checksum(each.parameter)).ToArray();
        using var sums = State.NativeTensor.Of<long>(own, own.Length);
        using var gathered = collectives.AllGather(sums);
        var all = gathered.data<long>().ToArray();
        for (var index = own.Length; index < all.Length; index++)
        {
            var first = index % own.Length;
            if (all[index] != all[first])
            {
                throw new InvalidOperationException(
                    $"The parameter '{named[first].name}' of rank {index / own.Length} differs from that of rank 0. "
                        + "All processes must change parameters alike: "
                    + "check for code that changes them outside of the optimizer, for options that differ, "
                    + "and for random numbers in hooks.");
            }
        }
    }

    private static long Checksum(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var flat = tensor.detach().cpu().contiguous().view(-1);
        var piece = PieceBytes / flat.ElementSize;
        for (long start = 0; start < flat.numel(); start += piece)
        {
            using var part = flat.narrow(0, start, Math.Min(piece, flat.numel() - start));
            hash.AppendData(MemoryMarshal.AsBytes(part.bytes));
        }

        return BinaryPrimitives.ReadInt64LittleEndian(hash.GetHashAndReset());
    }
}
