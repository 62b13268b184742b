namespace Fulgurite.Tests.Docs.Pages;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page, relative to the root of the tree.</param>
/// <param name="Line">The number of its first line, from one.</param>
/// <param name="Language">The language after the fence; empty for none.</param>
/// <param name="Lines">Its lines.</param>
internal sealed record Block(string Page, int Line, string Language, IReadOnlyList<string> Lines)
{
    public string Place => $"{Page}:{Line}";

    public string Text => string.Join('\n', Lines);
}
