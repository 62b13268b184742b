
namespace Fulgurite.Testing.Conformance;

/// <summary>What the tests of <see cref="CheckpointIOConformance"/> know of the implementation: derive from that.</summary>
public abstract class CheckpointIOFixture
{
    /// <summary>Set by the test framework.</summary>
    public TestContext TestContext { get; set; } = null!;

    /// <summary>
    /// Whether the implementation refuses storage options that it does not know. Override it for one that forwards them elsewhere. Default: true.
    /// </summary>
    protected virtual bool RefusesUnknownOptions => true;

    /// <summary>Whether what is loaded is cut into the same pieces of memory as what was saved. Default: true.</summary>
    protected virtual bool KeepsSharing => true;

    /// <summary>
    /// Gets whether the implementation lists folders (<see cref="CheckpointIO.ListFilesAsync"/>); without, a run resumes only from names without
    /// placeholders.
    /// </summary>
    /// <value>The default is <see langword="true"/>.</value>
    protected virtual bool ListsFiles => true;

    /// <summary>The end of file names. Default: <c>.ckpt</c>.</summary>
    protected virtual string Extension => ".ckpt";

    /// <summary>The folder of the test.</summary>
    private protected string FolderOfTest { get; private set; } = null!;

    private protected CancellationToken Stop => TestContext.CancellationToken;

    /// <summary>Makes what is tested.</summary>
    /// <param name="directory">An empty folder that the test may use.</param>
    protected abstract CheckpointIO Create(string directory);

    /// <summary>A path where no checkpoint can be written; null if there is none. Default: below a file.</summary>
    /// <param name="directory">The folder of the test.</param>
    protected virtual string? PathThatFails(string directory)
    {
        var file = Path.Combine(directory, "file");
        File.WriteAllText(file, "in the way");
        return Path.Combine(file, "a" + Extension);
    }

    /// <summary>Makes the folder of the test.</summary>
    [TestInitialize]
    public void MakeDirectory() => FolderOfTest = Directory.CreateTempSubdirectory("fulgurite-conformance-").FullName;

    /// <summary>Removes the folder of the test.</summary>
    [TestCleanup]
    public void RemoveDirectory() => Directory.Delete(FolderOfTest, recursive: true);

    private protected string At(string name) => Path.Combine(FolderOfTest, name + Extension);

    private protected async Task SaveAsync(CheckpointIO io, string name, int step)
    {
        using var state = SampleStates.Small(step);
        await io.SaveCheckpointAsync(state, At(name), null, Stop).ConfigureAwait(false);
    }

    private protected async Task<int> StepAsync(CheckpointIO io, string name)
    {
        using var loaded = await io.LoadCheckpointAsync(At(name), null, Stop).ConfigureAwait(false);
        return SampleStates.StepOf(loaded);
    }
}
