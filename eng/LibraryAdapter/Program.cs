// Writes TorchSharp's native library as this system's libstdc++ needs it. Arguments: ORIGINAL COPY.
using Fulgurite.Cli;

var (original, copy) = (args[0], args[1]);
var library = TorchSharpLibrary.Read(original);
var isOlder = SystemLibstdcxx.Find().IsOlder;
if (isOlder && library.State == LibraryState.Unexpected)
{
    Console.Error.WriteLine(
        $"warning : {original} is left alone: {library.Reason}. This system's libstdc++ is older than GCC 13 and may not load it.");
}

if (isOlder && library.State == LibraryState.Adaptable)
{
    Console.WriteLine($"TorchSharp's library is adapted to the libstdc++ of this system, which is older than that of GCC 13: {copy}");
}

Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
// A time of its own: MSBuild takes files of the same length and time for the same, and would keep the original where it was copied before.
LibraryFile.Write(copy, isOlder && library.State == LibraryState.Adaptable ? library.Adapt() : library.Bytes, modeOf: original);
