namespace Fulgurite.IO.Storage;

/// <summary>One part of a <see cref="FileContent"/>: bytes, memory, or bytes that are made late.</summary>
/// <param name="Offset">Where it starts in the file.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Address">Where its memory is; zero for other parts.</param>
/// <param name="Number">The number of its checksum for memory, the number that its maker knows it by for late bytes.</param>
/// <param name="Source">What keeps memory alive, what makes late bytes, or the bytes.</param>
internal readonly record struct ContentPart(long Offset, long Length, nint Address, int Number, object? Source)
{
    public long End => Offset + Length;

    public bool IsMemory => Address != 0;

    public bool IsLate => Source is ILateBytes && !IsMemory;
}
