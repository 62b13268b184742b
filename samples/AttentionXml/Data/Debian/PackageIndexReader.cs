using System.Text;

namespace AttentionXml.Data.Debian;

/// <summary>
/// Reads the stanzas of a Debian package index one by one: <c>Field: value</c> lines; a line that begins with a blank continues the field
/// above it; an empty line ends the stanza.
/// </summary>
internal static class PackageIndexReader
{
    public static IEnumerable<Package> Read(TextReader index)
    {
        var stanza = new Stanza();
        while (index.ReadLine() is { } line)
        {
            if (line.Length == 0)
            {
                if (stanza.TakePackage() is { } package)
                {
                    yield return package;
                }
            }
            else
            {
                stanza.Add(line);
            }
        }

        if (stanza.TakePackage() is { } last)
        {
            yield return last;
        }
    }

    private sealed class Stanza
    {
        private readonly StringBuilder _name = new(), _section = new(), _description = new(), _depends = new(), _preDepends = new();
        private StringBuilder? _current;

        public void Add(string line)
        {
            if (line[0] is ' ' or '\t')
            {
                // In a description a single dot represents an empty line.
                var more = line.AsSpan().Trim();
                if (_current is not null && more is not ".")
                {
                    _current.Append(' ').Append(more);
                }

                return;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            _current = colon < 0 ? null : FieldFor(line.AsSpan(0, colon));
            _current?.Append(line.AsSpan(colon + 1).Trim());
        }

        public Package? TakePackage()
        {
            var package = _name.Length == 0
                ? null
                : new Package(_name.ToString(), _section.ToString(), _description.ToString(), _depends.ToString(), _preDepends.ToString());
            foreach (var field in new[] { _name, _section, _description, _depends, _preDepends })
            {
                field.Clear();
            }

            _current = null;
            return package;
        }

        /// <summary>Returns the builder for a field's value, or null if the field is not used. Field names are case-insensitive.</summary>
        private StringBuilder? FieldFor(ReadOnlySpan<char> field)
        {
            var target = Is(field, "Package") ? _name
                : Is(field, "Section") ? _section
                : Is(field, "Description") || Is(field, "Description-en") ? _description
                : Is(field, "Depends") ? _depends
                : Is(field, "Pre-Depends") ? _preDepends
                : null;
            return target is { Length: 0 } ? target : null;
        }

        private static bool Is(ReadOnlySpan<char> field, string name) => field.Equals(name, StringComparison.OrdinalIgnoreCase);
    }
}
