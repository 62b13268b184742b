namespace Fulgurite.IO.Storage;

/// <summary>A stretch of a file that is to be read into memory.</summary>
/// <param name="Offset">Where it starts in the file.</param>
/// <param name="Address">Where the memory starts.</param>
/// <param name="Length">Its length in bytes.</param>
internal readonly record struct FileRead(long Offset, nint Address, long Length);
