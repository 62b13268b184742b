namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        // The state dictionary.
        public partial class Module
        {
            /// <summary>Parameters, then persistent buffers, by name: the live tensors themselves, no copies.</summary>
            /// <param name="destination">A dictionary to add to; a name that it already has is left alone.</param>
            /// <param name="prefix">What comes, with a dot, before every name.</param>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                foreach (var (name, parameter) in named_parameters())
                {
                    destination.TryAdd(Join(prefix, name), parameter);
                }

                foreach (var (name, buffer) in named_buffers(include_nonpersistent: false))
                {
                    destination.TryAdd(Join(prefix, name), buffer);
                }

                // A tensor that two children share appears under both names, as in Python; the walks above list it once.
                foreach (var (child, module) in named_children())
                {
                    module.state_dict(destination, Join(prefix, child));
                }

                return destination;
            }

            /// <summary>Copies values in, converting type and device where they differ.</summary>
            /// <param name="source">Values by name.</param>
            /// <param name="strict">Whether a missing or an unknown name is an error; nothing is copied then.</param>
            /// <param name="skip">Names that are neither copied nor counted.</param>
            /// <returns>The names that this module has and <paramref name="source"/> lacks, and those only <paramref name="source"/> has.</returns>
            /// <exception cref="InvalidOperationException">Strict, and the names differ.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                ArgumentNullException.ThrowIfNull(source);
                var skipped = skip is null ? [] : new HashSet<string>(skip, StringComparer.Ordinal);
                var own = state_dict();
                var missing = own.Keys.Where(key => !skipped.Contains(key) && !source.ContainsKey(key)).ToList();
                var unexpected = source.Keys.Where(key => !skipped.Contains(key) && !own.ContainsKey(key)).ToList();
                if (strict && missing.Count + unexpected.Count > 0)
                {
                    throw new InvalidOperationException(
                        $"The state does not fit {GetName()}: missing are [{string.Join(", ", missing)}], not known are [{string.Join(", ", unexpected)}]. "
                        + "Pass strict: false to load what fits.");
                }

                using var noGrad = no_grad();
                foreach (var (key, value) in source)
                {
                    if (!skipped.Contains(key) && own.TryGetValue(key, out var target))
                    {
                        target.copy_(value);
                    }
                }

                return (missing, unexpected);
            }

            private static string Join(string? prefix, string name) => string.IsNullOrEmpty(prefix) ? name : $"{prefix}.{name}";
        }
    }
}
