namespace Fulgurite.Cli;

/// <summary>Checks whether the system's libstdc++ is new enough for TorchSharp's library; adapts the library on request.</summary>
internal static class LibstdcxxCheck
{
    private const string Name = "libstdc++";

    public static Diagnosis Run(string? library, SystemLibstdcxx system, bool fix)
    {
        if (!system.IsThere || system.IsCurrent || library is null)
        {
            return new Diagnosis(
                Name, Health.Ok,
                !system.IsThere ? "the system has none"
                    : system.IsCurrent ? "of GCC 13 or later"
                    : "older than GCC 13: TorchSharp's library needs to be adapted for it");
        }

        var (name, found) = (Path.GetFileName(library), TorchSharpLibrary.Read(library));
        switch (found.State)
        {
            case LibraryState.Unneeded:
                return new Diagnosis(Name, Health.Ok, $"older than GCC 13; {name} needs nothing newer");
            case LibraryState.Adapted:
                return new Diagnosis(Name, Health.Ok, $"older than GCC 13; {name} is adapted to it");
            case LibraryState.Unexpected:
                return new Diagnosis(Name, Health.Note, $"older than GCC 13; {name} was not changed: {found.Reason}");
            case LibraryState.Adaptable when fix:
                LibraryFile.Replace(library, found.Adapt());
                return TorchSharpLibrary.Read(library).State == LibraryState.Adapted
                    ? new Diagnosis(
                        Name, Health.Fixed, $"older than GCC 13; {name} needed {TorchSharpLibrary.NewVersion} and has been adapted")
                    : new Diagnosis(
                        Name, Health.Broken, $"{library} was adapted, but has been replaced since",
                        "Run the command again while no other process writes to the folder.");
            default:
                return new Diagnosis(
                    Name,
                    Health.Broken,
                    $"{name} needs {TorchSharpLibrary.NewVersion}, and the system's libstdc++ is older than GCC 13",
                    "Add --fix to adapt the file, or install the libstdc++6 of GCC 13 or later.");
        }
    }
}
