using Fulgurite.IO;
using Fulgurite.State;

namespace Fulgurite.Cli;

/// <summary>A checkpoint whose tree is read and whose tensors are mapped: their bytes are read when they are touched.</summary>
internal sealed class OpenCheckpoint : IDisposable
{
    private OpenCheckpoint(string path, StorageReader reader, TrainingState state)
    {
        Path = path;
        Reader = reader;
        State = state;
        Format = CheckpointFormat.Of(reader);
    }

    public string Path { get; }

    /// <summary>The file, for who reads bytes himself.</summary>
    public StorageReader Reader { get; }

    public TrainingState State { get; }

    public string Format { get; }

    public long ByteLength => Reader.Length;

    public DateTime Modified => File.GetLastWriteTimeUtc(Path);

    /// <summary>Who wrote the file, as far as it says.</summary>
    public string Producer => State.Root switch
    {
        var root when root.ContainsKey(CheckpointKeys.Fulgurite) => "Fulgurite",
        var root when root.ContainsKey(CheckpointKeys.LightningVersion) => $"Lightning {root[CheckpointKeys.LightningVersion]}",
        _ => Format switch
        {
            CheckpointFormat.Safetensors => "safetensors",
            CheckpointFormat.TorchSharpModule => "TorchSharp",
            _ => "PyTorch",
        },
    };

    /// <summary>The weights of the model: what is under <c>state_dict</c>, or everything where there is no such key.</summary>
    public StateMap Weights => State.Root.TryGetValue(CheckpointKeys.StateDict, out var found) && found is StateMap weights ? weights : State.Root;

    /// <summary>Opens a file of any known format.</summary>
    /// <exception cref="CheckpointException">There is none, or it is damaged, or cannot be read.</exception>
    public static async Task<OpenCheckpoint> ReadAsync(string path, CancellationToken cancellationToken, IReadOnlyCollection<string>? only = null)
    {
        if (Directory.Exists(path))
        {
            throw new UsageException($"'{path}' is a folder. Name a file in it; 'fulgurite ls {path}' lists them.");
        }

        // Said without opening it: to open a pipe is to wait for whoever writes to it.
        if (File.Exists(path) && new FileInfo(path).Length == 0)
        {
            throw new CheckpointCorruptException($"The checkpoint '{path}' cannot be read: it is empty, or no file but a pipe or device. Load an older one, or write to a file first what a pipe gives.", path);
        }

        var io = new TorchCheckpointIO();
        await using (io.ConfigureAwait(false))
        {
            var reader = new LocalStorage().Open(path);
            try
            {
                return new OpenCheckpoint(path, reader, await io.LoadCheckpointAsync(path, new LoadOptions { Mapped = true, Only = only }, cancellationToken).ConfigureAwait(false));
            }
            catch
            {
                reader.Dispose();
                throw;
            }
        }
    }

    /// <summary>Reads the bytes of all tensors that were loaded against their checksums.</summary>
    /// <returns>How many checksums were compared; zero where the file has none.</returns>
    /// <exception cref="CheckpointCorruptException">One differs.</exception>
    public int VerifyChecksums(Screen screen, CancellationToken cancellationToken)
    {
        using var meter = new Meter(screen, $"verifying {Path}", ByteLength);
        return StoredChecksums.Verify(Reader, State, meter.Add, cancellationToken);
    }

    /// <summary>The value at a path.</summary>
    public StateValue Find(string path) =>
        State.Find(path) ?? throw new UsageException($"'{Path}' has no '{path}'. At the top it has: {string.Join(", ", State.Root.Keys.Take(20))}. 'fulgurite inspect {Path}' shows all.");

    public void Dispose()
    {
        State.Dispose();
        Reader.Dispose();
    }
}
