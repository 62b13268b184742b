namespace Fulgurite.Composition;

/// <summary>Suggests a name for a misspelt one.</summary>
internal static class NearestName
{
    /// <summary>Returns the known name with the fewest changed letters, if these are few; case-insensitive.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        var best = known.Select(candidate => (Name: candidate, Distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .OrderBy(candidate => candidate.Distance)
            .Cast<(string Name, int Distance)?>()
            .FirstOrDefault();
        return best is { } found && found.Distance <= Math.Max(2, Math.Max(name.Length, found.Name.Length) / 3) ? found.Name : null;
    }

    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
