using System.Buffers;

namespace AttentionXml.Data.Debian;

/// <summary>
/// The package names in a <c>Depends</c> field, such as <c>libc6 (&gt;= 2.34), python3:any, exim4 | mail-transport-agent</c>.
/// Of alternatives the first counts: it is the packager's preference and installed by default.
/// </summary>
internal static class DependencyList
{
    // A name ends where its architecture (:any), version, architecture list, build profile or next alternative begins.
    private static readonly SearchValues<char> AfterName = SearchValues.Create(" \t:([<|");

    public static IEnumerable<string> Parse(string field)
    {
        foreach (var entry in field.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var end = entry.AsSpan().IndexOfAny(AfterName);
            var name = end < 0 ? entry : entry[..end];
            if (name.Length > 0)
            {
                yield return name;
            }
        }
    }
}
