using Fulgurite.IO;

namespace Fulgurite.Cli;

/// <summary>A checkpoint whose tree has been read and whose tensors are mapped: their bytes are read on access.</summary>
internal sealed class OpenCheckpoint : IDisposable
{
    // The files of the tensors of a sharded checkpoint.
    private readonly IReadOnlyList<string> _shards;

    private OpenCheckpoint(string path, StorageReader reader, TrainingState state)
    {
        Path = path;
        Reader = reader;
        State = state;
        _shards = ShardIndex.IsIndex(reader.Path) ? [.. ShardIndex.Read(reader).Paths] : [];
        Format = _shards.Count > 0 ? CheckpointFormat.Sharded : CheckpointFormat.Of(reader);
    }

    public string Path { get; }

    /// <summary>Gets the file, or the index of a sharded checkpoint.</summary>
    public StorageReader Reader { get; }

    public TrainingState State { get; }

    public string Format { get; }

    public long ByteLength => Reader.Length + _shards.Sum(shard => new FileInfo(shard).Length);

    public DateTime Modified => File.GetLastWriteTimeUtc(Reader.Path);

    /// <summary>Gets the program that wrote the file, if it is recorded.</summary>
    public string Producer => State.Root switch
    {
        var root when root.ContainsKey(CheckpointKeys.Fulgurite) => "Fulgurite",
        var root when root.ContainsKey(CheckpointKeys.LightningVersion) => $"Lightning {root[CheckpointKeys.LightningVersion]}",
        _ => Format switch
        {
            CheckpointFormat.Safetensors or CheckpointFormat.Sharded => "safetensors",
            CheckpointFormat.TorchSharpModule => "TorchSharp",
            _ => "PyTorch",
        },
    };

    /// <summary>Gets the weights of the model: the value of <c>state_dict</c>, or the whole state if there is no such key.</summary>
    public StateMap Weights =>
        State.Root.TryGetValue(CheckpointKeys.StateDict, out var found) && found is StateMap weights ? weights : State.Root;

    /// <summary>Returns the path of the index of a sharded checkpoint; null if the path is not a folder with one.</summary>
    public static string? FindIndex(string path) =>
        Directory.Exists(path) && File.Exists(ShardIndex.In(path)) ? ShardIndex.In(path) : null;

    /// <summary>Opens a file of any supported format, or a sharded checkpoint by its folder or its index.</summary>
    /// <exception cref="CheckpointException">The file does not exist, is damaged, or cannot be read.</exception>
    public static async Task<OpenCheckpoint> ReadAsync(
        string path, CancellationToken cancellationToken, IReadOnlyCollection<string>? only = null)
    {
        var file = FindIndex(path) ?? path;
        if (Directory.Exists(file))
        {
            throw new UsageException($"'{path}' is a folder. Specify a file in it; 'fulgurite ls {path}' lists them.");
        }

        // Detected without opening the file: opening a pipe blocks until there is a writer.
        if (File.Exists(path) && new FileInfo(path).Length == 0)
        {
            throw new CheckpointCorruptException(
                $"The checkpoint '{path}' cannot be read: it is empty, a pipe or a device. Load an older one, "
                    + "or save the output of the pipe to a file first.",
                path);
        }

        var io = new TorchCheckpointIO();
        await using (io.ConfigureAwait(false))
        {
            var reader = new LocalStorage().Open(file);
            try
            {
                return new OpenCheckpoint(
                    path, reader,
                    await io.LoadCheckpointAsync(file, new LoadOptions { Mapped = true, Only = only }, cancellationToken)
                        .ConfigureAwait(false));
            }
            catch
            {
                reader.Dispose();
                throw;
            }
        }
    }

    /// <summary>Verifies the bytes of all loaded tensors against their checksums.</summary>
    /// <returns>The number of verified checksums; zero if the file has none.</returns>
    /// <exception cref="CheckpointCorruptException">A checksum does not match.</exception>
    public int VerifyChecksums(Screen screen, CancellationToken cancellationToken)
    {
        using var meter = new Meter(screen, $"verifying {Path}", ByteLength);
        return _shards.Count == 0
            ? StoredChecksums.Verify(Reader, State, meter.Add, cancellationToken)
            : _shards.Sum(shard => VerifyShard(shard, meter.Add, cancellationToken));
    }

    private static int VerifyShard(string path, Action<long> onRead, CancellationToken cancellationToken)
    {
        using var reader = new LocalStorage().Open(path);
        using var state = CheckpointFile.Read(reader, new LoadOptions { Mapped = true }, logger: null, cancellationToken);
        return StoredChecksums.Verify(reader, state, onRead, cancellationToken);
    }

    /// <summary>Returns the value at a path.</summary>
    public StateValue Find(string path) =>
        State.Find(path) ?? throw new UsageException(
            $"'{Path}' has no '{path}'. Its top-level keys: {string.Join(", ", State.Root.Keys.Take(20))}. "
                + $"'fulgurite inspect {Path}' shows all keys.");

    public void Dispose()
    {
        State.Dispose();
        Reader.Dispose();
    }
}

/// <summary>Detects the format of a checkpoint from the start of the file.</summary>
internal static class CheckpointFormat
{
    public const string Torch = "torch";
    public const string LegacyTorch = "torch (before 1.6)";
    public const string Safetensors = "safetensors";
    public const string TorchSharpModule = "TorchSharp module";
    public const string Sharded = "sharded safetensors";

    private const byte PickleProtocol = 0x80;
    private const int BraceAt = 8;

    /// <summary>Returns the format of a file that was read successfully.</summary>
    public static string Of(StorageReader reader)
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(reader.Length, BraceAt + 1)];
        reader.Read(0, start);
        return start switch
        {
            [(byte)'P', (byte)'K', ..] => Torch,
            [PickleProtocol, <= 5, ..] => LegacyTorch,
            [.., (byte)'{'] when start.Length == BraceAt + 1 => Safetensors,
            _ => TorchSharpModule,
        };
    }
}
