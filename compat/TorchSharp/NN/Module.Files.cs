using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        // TorchSharp's own file: a count, then name and tensor for each entry.
        public partial class Module
        {
            public Module save(string location, IList<string>? skip = null)
            {
                using var stream = File.Create(location);
                using var writer = new BinaryWriter(stream);
                return save(writer, skip);
            }

            public Module save(BinaryWriter writer, IList<string>? skip = null)
            {
                save_state_dict(writer, state_dict(), skip);
                return this;
            }

            /// <summary>Writes to a stream, and closes it.</summary>
            public Module save(Stream stream, IList<string>? skip = null)
            {
                using var writer = new BinaryWriter(stream);
                return save(writer, skip);
            }

            public static void save_state_dict(BinaryWriter writer, Dictionary<string, Tensor> sd, IList<string>? skip = null)
            {
                ArgumentNullException.ThrowIfNull(writer);
                ArgumentNullException.ThrowIfNull(sd);
                var entries = sd.Where(entry => skip is null || !skip.Contains(entry.Key)).ToList();
                writer.Encode(entries.Count);
                foreach (var (key, tensor) in entries)
                {
                    writer.Write(key);
                    tensor.Save(writer);
                }
            }

            public virtual Module load(
                string location, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                if (!File.Exists(location))
                {
                    throw new FileNotFoundException($"There is no module file '{location}'.", location);
                }

                using var stream = File.OpenRead(location);
                using var reader = new BinaryReader(stream);
                return load(reader, strict, skip, loadedParameters);
            }

            /// <summary>Reads the values of this module from a file that <see cref="save(BinaryWriter, IList{string}?)"/> wrote.</summary>
            /// <param name="reader">Where the file's first byte is next.</param>
            /// <param name="strict">Whether a different number of entries or an unknown name is an error.</param>
            /// <param name="skip">Names that are read over.</param>
            /// <param name="loadedParameters">Gets every name in the file, with whether this module has it.</param>
            /// <exception cref="ArgumentException">Strict, and the entries differ.</exception>
            public virtual Module load(
                BinaryReader reader, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                ArgumentNullException.ThrowIfNull(reader);
                var own = state_dict();
                var entries = reader.Decode();
                if (strict && entries != own.Count)
                {
                    throw new ArgumentException(
                        $"{GetName()} has {own.Count} entries and the file has {entries}. Pass strict: false to load what fits.",
                        nameof(reader));
                }

                for (var i = 0L; i < entries; i++)
                {
                    var key = reader.ReadString();
                    var known = own.TryGetValue(key, out var target);
                    if (strict && !known)
                    {
                        throw new ArgumentException(
                            $"The file has an entry '{key}' that {GetName()} lacks. Pass strict: false to pass over it.", nameof(reader));
                    }

                    if (known && !(skip?.Contains(key) ?? false))
                    {
                        target!.Load(reader);
                    }
                    else
                    {
                        TensorExtensionMethods.Load(reader, skip: true);
                    }

                    loadedParameters?.Add(key, known);
                }

                return this;
            }

            /// <summary>Reads from a stream, and closes it.</summary>
            public Module load(
                Stream stream, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                using var reader = new BinaryReader(stream);
                return load(reader, strict, skip, loadedParameters);
            }

            public static Module Create<T>(string path)
                where T : Module, new() => new T().load(path);
        }
    }
}
