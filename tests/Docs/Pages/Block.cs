namespace Fulgurite.Tests.Docs.Pages;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page, relative to the root of the tree.</param>
/// <param name="Line">The number of its first line, from one.</param>
/// <param name="Language">What follows the fence; empty for nothing.</param>
/// <param name="Lines">What is in it.</param>
internal sealed record Block(string Page, int Line, string Language, IReadOnlyList<string> Lines)
{
    public string Place => $"{Page}:{Line}";

    public string Text => string.Join('\n', Lines);
}
