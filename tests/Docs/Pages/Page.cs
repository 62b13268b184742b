using System.Text;
using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Docs.Pages;

/// <summary>The fenced blocks, links and headings of a Markdown page.</summary>
internal sealed partial class Page
{
    private const string Fence = "```";

    private readonly List<Block> _blocks = [];
    private readonly List<(int Line, string Target)> _links = [];
    private readonly HashSet<string> _anchors = new(StringComparer.Ordinal);

    public Page(string path)
    {
        FullPath = path;
        Name = Path.GetRelativePath(Tree.Root, path);
        Read(File.ReadAllLines(path));
    }

    public string FullPath { get; }

    /// <summary>Gets its path relative to the root of the tree.</summary>
    public string Name { get; }

    public IReadOnlyList<Block> Blocks => _blocks;

    public IReadOnlyList<(int Line, string Target)> Links => _links;

    /// <summary>Gets the anchors of its headings, in the form of GitHub.</summary>
    public IReadOnlySet<string> Anchors => _anchors;

    private void Read(string[] lines)
    {
        string? language = null;
        List<string> content = [];
        for (var number = 1; number <= lines.Length; number++)
        {
            var line = lines[number - 1];
            var isFence = line.TrimStart().StartsWith(Fence, StringComparison.Ordinal);
            if (language is not null && isFence)
            {
                _blocks.Add(new Block(Name, number - content.Count, language, [.. content]));
                language = null;
            }
            else if (language is not null)
            {
                content.Add(line);
            }
            else if (isFence)
            {
                language = line.Trim()[Fence.Length..];
                content.Clear();
            }
            else
            {
                ReadText(number, line);
            }
        }

        Assert.IsNull(language, $"{Name} ends within a block of code.");
    }

    private void ReadText(int number, string line)
    {
        if (line.StartsWith('#'))
        {
            AddAnchor(line.TrimStart('#').Trim());
        }

        _links.AddRange(Link().Matches(Code().Replace(line, string.Empty)).Select(match => (number, match.Groups["target"].Value)));
    }

    private void AddAnchor(string heading)
    {
        var anchor = new StringBuilder();
        foreach (var letter in LinkText().Replace(heading, "${text}").ToLowerInvariant())
        {
            _ = letter == ' ' ? anchor.Append('-') : char.IsLetterOrDigit(letter) || letter is '-' or '_' ? anchor.Append(letter) : anchor;
        }

        var name = anchor.ToString();
        for (var copy = 1; !_anchors.Add(name); copy++)
        {
            name = $"{anchor}-{copy}";
        }
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Link();

    [GeneratedRegex(@"\[(?<text>[^\]]*)\]\([^)]*\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex LinkText();

    [GeneratedRegex("`[^`]*`", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Code();
}
