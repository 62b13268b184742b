using System.Text.Json.Nodes;
using Spectre.Console;

namespace Fulgurite.Cli;

/// <summary>Where the tool writes, and what is known of that: injected, so that tests see what a user would.</summary>
/// <param name="output">Results.</param>
/// <param name="error">Errors and progress.</param>
internal sealed class Screen(TextWriter output, TextWriter error)
{
    private int _progressWidth;

    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary>Whether results go to a terminal.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Whether errors go to a terminal: only there is progress shown.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Whether results may have colours.</summary>
    public bool HasColors { get; init; }

    /// <summary>Columns of the terminal; elsewhere lines are as long as they need to be.</summary>
    public int Width { get; init; } = Unlimited;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    private const int Unlimited = 100_000;

    /// <summary>The console of the process. NO_COLOR, whatever its value, and TERM=dumb take the colours away.</summary>
    public static Screen OfProcess()
    {
        var isTerminal = !Console.IsOutputRedirected;
        var isPlain = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) || Environment.GetEnvironmentVariable("TERM") is "dumb";
        return new Screen(Console.Out, Console.Error)
        {
            IsTerminal = isTerminal,
            IsErrorTerminal = !Console.IsErrorRedirected,
            HasColors = isTerminal && !isPlain,
            Width = isTerminal && Console.WindowWidth > 0 ? Console.WindowWidth : Unlimited,
        };
    }

    /// <summary>A table without lines around it: for eyes, and for <c>grep</c> and <c>awk</c>.</summary>
    public static Table NewTable(params ReadOnlySpan<string> headers)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var header in headers)
        {
            // A leading > stands for a column of numbers.
            var isNumber = header.StartsWith('>');
            var column = new TableColumn($"[grey]{Markup.Escape(isNumber ? header[1..] : header)}[/]") { Padding = new Padding(0, 0, 2, 0), NoWrap = isNumber };
            table.AddColumn(isNumber ? column.RightAligned() : column);
        }

        return table;
    }

    /// <summary>Writes a table, without the spaces that fill its last column.</summary>
    public void Write(Table table)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = HasColors ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = HasColors ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = Width;
        console.Profile.Capabilities.Unicode = true;
        console.Write(table);
        foreach (var line in text.ToString().AsSpan().TrimEnd().EnumerateLines())
        {
            Output.WriteLine(line.TrimEnd());
        }
    }

    public void WriteLine(string line = "") => Output.WriteLine(line);

    public void Write(JsonNode node) => Output.WriteLine(node.ToJsonString(JsonText.Options));

    /// <summary>Shows how far long work is, in place of what was shown before; does nothing where there is no terminal.</summary>
    public void ShowProgress(string line)
    {
        if (IsErrorTerminal)
        {
            Error.Write($"\r{line.PadRight(_progressWidth)}");
            Error.Flush();
            _progressWidth = line.Length;
        }
    }

    public void ClearProgress()
    {
        if (_progressWidth > 0)
        {
            Error.Write($"\r{new string(' ', _progressWidth)}\r");
            Error.Flush();
            _progressWidth = 0;
        }
    }
}
