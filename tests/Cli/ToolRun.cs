using System.Text.Json.Nodes;
using Fulgurite.Cli;

namespace Fulgurite.Tests.Cli;

/// <summary>What a command line printed and returned.</summary>
internal sealed record ToolRun(int Code, string Output, string Error)
{
    public JsonNode Json => JsonNode.Parse(Output)!;

    public static ToolRun Of(params string[] arguments) => Of(new Look(), arguments);

    public static ToolRun Of(Look look, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var screen = new Screen(output, error)
        {
            IsTerminal = look.Width is not null,
            IsErrorTerminal = look.Width is not null,
            HasColors = look.HasColors,
            Width = look.Width ?? 100_000,
            Time = look.Time ?? TimeProvider.System,
        };
        var code = Tool.RunAsync(arguments, screen).GetAwaiter().GetResult();
        return new ToolRun(code, output.ToString(), error.ToString());
    }

    /// <summary>The command line was wrong in a way that one line says.</summary>
    public void AssertFailed(int code, params string[] parts)
    {
        Assert.AreEqual(code, Code, $"{Output}{Error}");
        Assert.AreEqual(1, Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, Error);
        Assert.StartsWith("fulgurite: ", Error);
        Assert.DoesNotContain("   at ", Error);
        foreach (var part in parts)
        {
            Assert.Contains(part, Error);
        }
    }

    public void AssertSucceeded() => Assert.AreEqual(0, Code, $"{Output}{Error}");

    /// <summary>What the tool sees of a console.</summary>
    internal sealed record Look(int? Width = null, bool HasColors = false, TimeProvider? Time = null);
}
