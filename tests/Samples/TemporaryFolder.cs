namespace Fulgurite.Tests.Samples;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sample-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, params string[] lines)
    {
        System.IO.File.WriteAllText(File(name), string.Concat(lines.Select(line => line + "\n")));
        return File(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
