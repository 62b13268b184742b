namespace Fulgurite.Cli;

/// <summary>Options shared by several commands.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON object instead of text" };

    public static Option<string[]> Only(string description) =>
        new("--only")
        {
            Description = description,
            HelpName = "path",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public static Argument<string> File(string name, string description) => new(name) { Description = description };
}
