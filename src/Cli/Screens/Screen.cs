using System.Globalization;
using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Fulgurite.Cli;

/// <summary>The output of the tool and its capabilities; injected, so that tests see what a user sees.</summary>
/// <param name="output">The writer for results.</param>
/// <param name="error">The writer for errors and progress.</param>
internal sealed class Screen(TextWriter output, TextWriter error)
{
    private int _progressWidth;

    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary>Gets a value indicating whether results go to a terminal.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Gets a value indicating whether errors go to a terminal, which enables progress.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Gets a value indicating whether results are coloured.</summary>
    public bool HasColors { get; init; }

    /// <summary>Gets the number of terminal columns; unlimited if the output is not a terminal.</summary>
    public int Width { get; init; } = Unlimited;

    /// <summary>Gets the number of terminal lines.</summary>
    public int Height { get; init; } = DefaultHeight;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    private const int Unlimited = 100_000;
    private const int ColumnGap = 2;
    private const int DefaultHeight = 24;

    /// <summary>Returns the console of the process. NO_COLOR with any value and TERM=dumb disable colours.</summary>
    public static Screen OfProcess()
    {
        var isTerminal = !Console.IsOutputRedirected;
        var isPlain = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || Environment.GetEnvironmentVariable("TERM") is "dumb";
        return new Screen(Console.Out, Console.Error)
        {
            IsTerminal = isTerminal,
            IsErrorTerminal = !Console.IsErrorRedirected,
            HasColors = isTerminal && !isPlain,
            Width = isTerminal && Console.WindowWidth > 0 ? Console.WindowWidth : Unlimited,
            Height = isTerminal && Console.WindowHeight > 0 ? Console.WindowHeight : DefaultHeight,
        };
    }

    /// <summary>Creates a table without borders, for people as well as for <c>grep</c> and <c>awk</c>.</summary>
    public static Table NewTable(params ReadOnlySpan<string> headers)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var header in headers)
        {
            // A leading > marks a numeric column.
            var isNumber = header.StartsWith('>');
            var column = new TableColumn($"[grey]{Markup.Escape(isNumber ? header[1..] : header)}[/]")
            {
                Padding = new Padding(0, 0, ColumnGap, 0),
                NoWrap = isNumber,
            };
            table.AddColumn(isNumber ? column.RightAligned() : column);
        }

        return table;
    }

    private static Table Fill(Table table, List<string[]> rows)
    {
        foreach (var row in rows)
        {
            table.AddRow(Array.ConvertAll(row, Markup.Escape));
        }

        return table;
    }

    /// <summary>Creates a console of the capabilities of this screen.</summary>
    /// <param name="output">The destination.</param>
    /// <param name="isLive">Whether the output is redrawn in place.</param>
    public IAnsiConsole NewConsole(TextWriter output, bool isLive = false)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = HasColors || isLive ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = HasColors ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = isLive ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        (console.Profile.Width, console.Profile.Height) = (Width, Height);
        console.Profile.Capabilities.Unicode = true;
        return console;
    }

    /// <summary>Writes a table or a plot without trailing spaces.</summary>
    public void Write(IRenderable content)
    {
        foreach (var line in LinesOf(content))
        {
            Output.WriteLine(line);
        }
    }

    /// <summary>Returns the lines of a table or a plot at the width of this screen, without trailing spaces.</summary>
    public string[] LinesOf(IRenderable content)
    {
        using var text = new StringWriter();
        NewConsole(text).Write(content);
        return [.. text.ToString().TrimEnd().Split('\n').Select(line => line.TrimEnd())];
    }

    /// <summary>Determines whether a table needs no more columns than this screen has.</summary>
    public bool Fits(IRenderable content)
    {
        using var text = new StringWriter();
        var console = NewConsole(text);
        return content.Measure(RenderOptions.Create(console, console.Profile.Capabilities), Unlimited).Max <= Width;
    }

    /// <summary>
    /// Writes a table of texts like <see cref="NewTable"/>. Without a terminal it needs neither colours nor wrapping: it is written without
    /// the console library, whose preparation takes longer than reading a checkpoint.
    /// </summary>
    /// <param name="headers">The headers; a leading &gt; marks a numeric column.</param>
    /// <param name="rows">The rows, without control characters.</param>
    public void WriteTable(string[] headers, List<string[]> rows)
    {
        if (IsTerminal || !rows.TrueForAll(static row => Array.TrueForAll(row, static cell => Ascii.IsValid(cell))))
        {
            Write(Fill(NewTable(headers), rows));
            return;
        }

        var isNumber = Array.ConvertAll(headers, static header => header.StartsWith('>'));
        string[][] lines = [Array.ConvertAll(headers, static header => header.TrimStart('>')), .. rows];
        var widths = new int[headers.Length];
        foreach (var line in lines)
        {
            for (var column = 0; column < widths.Length; column++)
            {
                widths[column] = Math.Max(widths[column], line[column].Length);
            }
        }

        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.Clear();
            for (var column = 0; column < widths.Length; column++)
            {
                var cell = line[column];
                text.Append(isNumber[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column])).Append(' ', ColumnGap);
            }

            Output.WriteLine(text.ToString().TrimEnd());
        }
    }

    public void WriteLine(string line = "") => Output.WriteLine(line);

    public void Write(JsonNode node) => Output.WriteLine(node.ToJsonString(JsonText.Options));

    /// <summary>Shows the progress of long work in place; does nothing without a terminal.</summary>
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

/// <summary>Shows the progress of long work on bytes; short work shows nothing. Thread-safe.</summary>
/// <param name="screen">The screen.</param>
/// <param name="title">The title of the work.</param>
/// <param name="total">The total number of bytes.</param>
internal sealed class Meter(Screen screen, string title, long total) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly long _start = screen.Time.GetTimestamp();
    private long _shown = screen.Time.GetTimestamp();
    private long _done;

    public void Add(long bytes)
    {
        lock (_lock)
        {
            _done += bytes;
            if (screen.Time.GetElapsedTime(_shown) >= Interval)
            {
                _shown = screen.Time.GetTimestamp();
                var seconds = screen.Time.GetElapsedTime(_start).TotalSeconds;
                screen.ShowProgress(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{title} {100.0 * _done / Math.Max(total, 1):0}% {Amounts.Bytes(_done)} of {Amounts.Bytes(total)}, "
                        + $"{Amounts.Bytes((long)(_done / seconds))}/s"));
            }
        }
    }

    public void Dispose() => screen.ClearProgress();
}

/// <summary>The exception for an invalid command line; the message contains the remedy.</summary>
internal sealed class UsageException(string message) : Exception(message);
