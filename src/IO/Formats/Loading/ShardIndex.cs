using System.Text.Json;
using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// The index of weights sharded over several files, in the Hugging Face format (<c>model.safetensors.index.json</c>,
/// <c>pytorch_model.bin.index.json</c>). Its <c>weight_map</c> maps each tensor name to a file in the same folder.
/// </summary>
internal sealed class ShardIndex
{
    /// <summary>The file name of the index of safetensors files in a folder.</summary>
    public const string FileName = "model.safetensors.index.json";

    private const string Suffix = ".index.json";
    private const int MaxBytes = 100_000_000;

    private readonly string _path;
    private readonly Dictionary<string, string> _files;

    private ShardIndex(string path, Dictionary<string, string> files, ShardManifest? manifest) =>
        (_path, _files, Manifest) = (path, files, manifest);

    /// <summary>Gets the files of a sharded checkpoint of this library; null if another program wrote the index.</summary>
    public ShardManifest? Manifest { get; }

    /// <summary>Gets the paths of the shards, in order.</summary>
    public IEnumerable<string> Paths => _files.Values.Concat(Manifest?.Files.Select(file => file.Name) ?? [])
        .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(Beside);

    /// <summary>Returns the path of the index in a folder.</summary>
    public static string In(string folder) => $"{folder.TrimEnd('/', Path.DirectorySeparatorChar)}/{FileName}";

    /// <summary>Returns true if the path is the path of an index.</summary>
    public static bool IsIndex(string path) => path.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads an index.</summary>
    /// <exception cref="CheckpointCorruptException">The file is not an index, or it names a file outside its folder.</exception>
    public static ShardIndex Read(StorageReader reader)
    {
        if (reader.Length > MaxBytes)
        {
            throw Corrupt(reader.Path, $"it has {reader.Length} bytes, and {MaxBytes} is the limit");
        }

        var bytes = new byte[reader.Length];
        reader.Read(0, bytes);
        try
        {
            using var json = JsonDocument.Parse(bytes);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("weight_map", out var map))
            {
                throw Corrupt(reader.Path, "it has no 'weight_map'");
            }

            var files = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var entry in map.EnumerateObject())
            {
                files[entry.Name] = PlainName(reader.Path, entry.Value.GetString());
            }

            var manifest = ShardManifest.Read(json.RootElement, name => PlainName(reader.Path, name));
            return files.Count > 0 || manifest is not null
                ? new ShardIndex(reader.Path, files, manifest)
                : throw Corrupt(reader.Path, "its 'weight_map' is empty");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Corrupt(reader.Path, exception.Message, exception);
        }
    }

    /// <summary>Loads all shards into one state.</summary>
    /// <param name="load">Loads one file.</param>
    /// <param name="selection">The values to load.</param>
    /// <exception cref="CheckpointCorruptException">A shard lacks an indexed tensor, or two shards share a tensor name.</exception>
    public TrainingState Load(Func<string, TrainingState> load, LoadSelection selection)
    {
        var shards = new List<TrainingState>();
        try
        {
            var root = new StateMap();
            foreach (var path in Paths)
            {
                var shard = load(path);
                shards.Add(shard);
                foreach (var (name, value) in shard.Root)
                {
                    if (name == SafetensorsHeaderReader.MetadataName)
                    {
                        continue;
                    }

                    if (root.ContainsKey(name))
                    {
                        throw Corrupt(_path, $"two of its files contain '{name}'");
                    }

                    root.Add(name, value);
                }
            }

            var missing = _files.FirstOrDefault(entry => selection.Wants(entry.Key) && !root.ContainsKey(entry.Key));
            return missing.Key is null
                ? TrainingState.Captured(root, () => shards.ForEach(shard => shard.Dispose()))
                : throw Corrupt(_path, $"'{missing.Value}' lacks the tensor '{missing.Key}'");
        }
        catch
        {
            shards.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    /// <summary>Returns a plain file name: an index must not refer to files outside its folder.</summary>
    private static string PlainName(string path, string? name) =>
        name is { Length: > 0 } and not ("." or "..") && !IsIndex(name) && name.AsSpan().IndexOfAny('/', '\\', '\0') < 0
            ? name
            : throw Corrupt(path, $"it names the file '{name}', which is not a weight file in the same folder");

    /// <summary>Returns the error of an index that cannot be loaded.</summary>
    public static CheckpointCorruptException Corrupt(string path, string found, Exception? cause = null) =>
        new($"The index '{path}' cannot be read: {found}.", path, cause);

    /// <summary>Returns the path of a file in the folder of the index.</summary>
    public string Beside(string file) => _path[..(_path.LastIndexOfAny(['/', Path.DirectorySeparatorChar]) + 1)] + file;
}
