namespace Fulgurite.IO.Async.Capture;

/// <summary>Compares memory of any length.</summary>
internal static unsafe class MemoryComparison
{
    public static bool AreSame(nint left, nint right, long byteLength)
    {
        for (var offset = 0L; offset < byteLength; offset += CopyList.ChunkBytes)
        {
            var length = (int)Math.Min(CopyList.ChunkBytes, byteLength - offset);
            if (!new ReadOnlySpan<byte>((byte*)left + offset, length).SequenceEqual(new ReadOnlySpan<byte>((byte*)right + offset, length)))
            {
                return false;
            }
        }

        return true;
    }
}
