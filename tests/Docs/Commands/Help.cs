using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs.Commands;

/// <summary>The commands and options in the help of a program.</summary>
internal sealed partial class Help
{
    private static readonly ConcurrentDictionary<string, Help> Known = new(StringComparer.Ordinal);

    private readonly Func<string, Help>? _ofCommand;
    private readonly HashSet<string> _options;
    private readonly HashSet<string> _commands;

    private Help(string text, Func<string, Help>? ofCommand)
    {
        _ofCommand = ofCommand;
        _options = [.. Option().Matches(text).Select(match => match.Value)];
        _commands = text.Split("Commands:") is [_, var list] ? [.. Command().Matches(list).Select(match => match.Value)] : [];
    }

    /// <summary>Returns the help of a program in the output folder of the tests.</summary>
    public static Help Of(string program) => Known.GetOrAdd(program, _ => new Help(Ask(program), command => Of(program, command)));

    /// <summary>Returns the first comments of a script.</summary>
    public static Help OfScript(string name) =>
        new(string.Join('\n', File.ReadLines(Tree.At(name)).TakeWhile(line => line.StartsWith('#'))), ofCommand: null);

    /// <summary>Returns the error of a command line with an unknown command or option; null for none.</summary>
    public string? Problem(string[] words)
    {
        var help = this;
        var rest = words.Skip(1).ToList();
        if (_commands.Count > 0 && rest is [var command, ..] && !command.StartsWith('-'))
        {
            if (!_commands.Contains(command))
            {
                return $"'{words[0]}' has no command '{command}'; it has {string.Join(", ", _commands)}.";
            }

            help = _ofCommand!(command);
            rest.RemoveAt(0);
        }

        return rest.Select(word => word.Trim('[', ']').Split('=')[0]).FirstOrDefault(
            word => Option().Match(word).Length == word.Length && word.Length > 0 && !help._options.Contains(word)) is { } option
            ? $"'{string.Join(' ', words)}' has the option '{option}', which is none; there are "
                + $"{string.Join(", ", help._options.Order(StringComparer.Ordinal))}."
            : null;
    }

    private static Help Of(string program, string command) =>
        Known.GetOrAdd($"{program} {command}", _ => new Help(Ask(program, command), ofCommand: null));

    private static string Ask(string program, params string[] command)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, program + ".dll"), .. command, "--help"])
        { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, $"{program} {string.Join(' ', command)} --help failed: {output}{errors.Result}");
        return output;
    }

    [GeneratedRegex("(?<![a-zA-Z0-9-])--?[a-z][a-z-]*", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Option();

    [GeneratedRegex(@"(?<=^ {2})[a-z][a-z-]*", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Command();
}
