using Fulgurite.IO;

namespace Fulgurite.Cli;

/// <summary>A checkpoint whose tree has been read, and whose tensors are read on access.</summary>
internal sealed class OpenCheckpoint : IDisposable
{
    /// <summary>How often a run may replace a checkpoint while it is opened.</summary>
    private const int MostReplacements = 10;

    private readonly StorageReader _reader;
    private readonly string _kind;

    // The open files of an index, as Hugging Face writes it; empty otherwise. A run may remove them meanwhile.
    private readonly List<StorageReader> _shards;

    private OpenCheckpoint(string path, StorageReader reader, List<StorageReader> shards, TrainingState state)
    {
        Path = path;
        _reader = reader;
        State = state;
        _shards = shards;
        Chain = FilesOf(reader);
        _kind = Chain.Count > 0 ? CheckpointFormat.Increment : CheckpointFormat.Of(shards.FirstOrDefault() ?? reader);
    }

    public string Path { get; }

    public TrainingState State { get; }

    /// <summary>Gets the files of an increment and its bases, from the full file on; empty for any other file.</summary>
    public IReadOnlyList<(string Path, long Length)> Chain { get; }

    public string Format => _shards.Count == 0 ? _kind : $"{_kind} in {Amounts.Count(_shards.Count, "file")}";

    public long ByteLength => _reader.Length + _shards.Sum(shard => shard.Length);

    public DateTime Modified => File.GetLastWriteTimeUtc(_reader.Path);

    /// <summary>Gets the program that wrote the file, if it is recorded.</summary>
    public string Producer => State.Root switch
    {
        var root when root.ContainsKey(CheckpointKeys.Fulgurite) => "Fulgurite",
        var root when root.ContainsKey(CheckpointKeys.LightningVersion) => $"Lightning {root[CheckpointKeys.LightningVersion]}",
        _ => _kind switch
        {
            CheckpointFormat.Safetensors or CheckpointFormat.Increment => "safetensors",
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
    /// <remarks>It is opened again if a run replaces it meanwhile and removes files that the older one consists of.</remarks>
    /// <exception cref="CheckpointException">The file does not exist, is damaged, or cannot be read.</exception>
    public static async Task<OpenCheckpoint> ReadAsync(
        string path, CancellationToken cancellationToken, IReadOnlyCollection<string>? only = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ReadOnceAsync(path, only, cancellationToken).ConfigureAwait(false);
            }
            catch (CheckpointException exception) when (
                attempt < MostReplacements && (exception as CheckpointNotFoundException ?? exception.InnerException)
                    is CheckpointNotFoundException && (File.Exists(path) || FindIndex(path) is not null))
            {
                // The next attempt reads what the run has put there.
            }
        }
    }

    private static async Task<OpenCheckpoint> ReadOnceAsync(
        string path, IReadOnlyCollection<string>? only, CancellationToken cancellationToken)
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
            var storage = new LocalStorage();
            var reader = storage.Open(file);
            List<StorageReader> shards = [];
            try
            {
                foreach (var shard in ShardIndex.IsIndex(file) ? ShardIndex.Read(reader).Paths : [])
                {
                    shards.Add(storage.Open(shard));
                }

                return new OpenCheckpoint(
                    path, reader, shards,
                    await io.LoadCheckpointAsync(file, new LoadOptions { Mapped = true, Deferred = true, Only = only }, cancellationToken)
                        .ConfigureAwait(false));
            }
            catch (CheckpointNotFoundException exception) when (ShardIndex.IsIndex(file) && exception.Path != file)
            {
                Close();
                throw ShardIndex.Corrupt(file, $"its file '{System.IO.Path.GetFileName(exception.Path)}' does not exist", exception);
            }
            catch
            {
                Close();
                throw;
            }

            void Close()
            {
                shards.ForEach(shard => shard.Dispose());
                reader.Dispose();
            }
        }
    }

    /// <summary>Verifies the bytes of all loaded tensors against their checksums.</summary>
    /// <returns>The number of verified checksums; zero if the file has none.</returns>
    /// <exception cref="CheckpointCorruptException">A checksum does not match.</exception>
    public int VerifyChecksums(Screen screen, CancellationToken cancellationToken)
    {
        var length = Chain.Count > 0 ? Chain.Sum(file => file.Length) : ByteLength;
        using var meter = new Meter(screen, $"verifying {Path}", length);
        return _shards.Count == 0
            ? StoredChecksums.Verify(_reader, State, meter.Add, cancellationToken)
            : _shards.Sum(shard => VerifyShard(shard, meter.Add, cancellationToken));
    }

    private static int VerifyShard(StorageReader reader, Action<long> onRead, CancellationToken cancellationToken)
    {
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
        _shards.ForEach(shard => shard.Dispose());
        _reader.Dispose();
    }

    private static IReadOnlyList<(string Path, long Length)> FilesOf(StorageReader reader)
    {
        if (IncrementFile.TryRead(reader) is not { } increment)
        {
            return [];
        }

        reader.Storage = new LocalStorage();
        using var chain = ChainReader.Open(reader, increment);
        return chain.Files;
    }
}

/// <summary>Detects the format of a checkpoint from the start of the file.</summary>
internal static class CheckpointFormat
{
    public const string Torch = "torch";
    public const string LegacyTorch = "torch (before 1.6)";
    public const string Safetensors = "safetensors";
    public const string Increment = "safetensors increment";
    public const string TorchSharpModule = "TorchSharp module";

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
