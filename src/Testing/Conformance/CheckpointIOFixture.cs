using Fulgurite.State;

namespace Fulgurite.Testing.Conformance;

/// <summary>The base class of <see cref="CheckpointIOConformance"/> with the properties of the tested implementation.</summary>
public abstract class CheckpointIOFixture
{
    /// <summary>Gets or sets the context of the test; set by the test framework.</summary>
    public TestContext TestContext { get; set; } = null!;

    /// <summary>
    /// Gets a value indicating whether the implementation refuses unknown storage options. Override it for an implementation that forwards
    /// them.
    /// </summary>
    /// <value>The default is true.</value>
    protected virtual bool RefusesUnknownOptions => true;

    /// <summary>Gets a value indicating whether loaded tensors share memory like the saved ones.</summary>
    /// <value>The default is true.</value>
    protected virtual bool KeepsSharing => true;

    /// <summary>
    /// Gets whether the implementation lists folders (<see cref="CheckpointIO.ListFilesAsync"/>); without, a run resumes only from names
    /// without placeholders.
    /// </summary>
    /// <value>The default is <see langword="true"/>.</value>
    protected virtual bool ListsFiles => true;

    /// <summary>Gets the extension of file names.</summary>
    /// <value>The default is <c>.ckpt</c>.</value>
    protected virtual string Extension => ".ckpt";

    /// <summary>Gets the folder of the test.</summary>
    private protected string FolderOfTest { get; private set; } = null!;

    private protected CancellationToken Stop => TestContext.CancellationToken;

    /// <summary>Creates the implementation to test.</summary>
    /// <param name="directory">An empty folder for the test.</param>
    protected abstract CheckpointIO Create(string directory);

    /// <summary>
    /// Returns a path to which no checkpoint can be written; null if there is none. The default implementation returns a path below a file.
    /// </summary>
    /// <param name="directory">The folder of the test.</param>
    protected virtual string? PathThatFails(string directory)
    {
        var file = Path.Combine(directory, "file");
        File.WriteAllText(file, "in the way");
        return Path.Combine(file, "a" + Extension);
    }

    /// <summary>Creates the folder of the test.</summary>
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

    private protected void AssertLoaded(TrainingState saved, TrainingState loaded)
    {
        if (KeepsSharing)
        {
            StateAssert.AreSame(saved, loaded);
        }
        else
        {
            StateAssert.HaveSameValues(saved, loaded);
        }
    }
}

/// <summary>Storage options that no implementation supports.</summary>
internal sealed class UnknownStorageOptions : StorageOptions;
