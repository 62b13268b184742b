// Writes a copy of TorchSharp's native library that is adapted to this system's libstdc++. Where the original is right, there is no copy:
// another system that builds in the same folder may need one. With "always", there is a copy of the original.
// Arguments: ORIGINAL COPY [always].
using Fulgurite.Cli;

var (original, copy) = (args[0], args[1]);
var library = TorchSharpLibrary.Read(original);
var isOlder = SystemLibstdcxx.Find().IsOlder;
if (isOlder && library.State == LibraryState.Unexpected)
{
    Console.Error.WriteLine(
        $"warning : {original} is left alone: {library.Reason}. This system's libstdc++ is older than GCC 13 and may not load it.");
}

var adapts = isOlder && library.State == LibraryState.Adaptable;
if (adapts)
{
    Console.WriteLine($"TorchSharp's library is adapted to the libstdc++ of this system, which is older than that of GCC 13: {copy}");
}
else if (!args.Contains("always"))
{
    return;
}

Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
// A time of its own: MSBuild takes files of the same length and time for the same, and would keep the original where it was copied before.
// Writable, which files of packages may not be, so that the copies made of it can be replaced.
LibraryFile.Write(copy, adapts ? library.Adapt() : library.Bytes, modeOf: original, more: UnixFileMode.UserWrite);
