using System.Globalization;
using Spectre.Console;

namespace Fulgurite.Cli;

/// <summary>Compares two files of any format.</summary>
internal sealed class DiffCommand : Command
{
    private const int DefaultRows = 50;

    private readonly Argument<string> _first = CommonOptions.File("first", "A checkpoint");
    private readonly Argument<string> _second = CommonOptions.File("second", "The checkpoint to compare it with, of any format");
    private readonly Option<bool> _weights = new("--weights", "-w")
    {
        Description = "Compare only the weights of the model, under state_dict or at the top level",
    };
    private readonly Option<string?> _path = new("--path") { Description = "Compare only the values at this path", HelpName = "path" };
    private readonly Option<string?> _prefix = new("--strip-prefix")
    {
        Description = "Remove this prefix from names in both files",
        HelpName = "prefix",
    };
    private readonly Option<bool> _tensors = new("--tensors") { Description = "Compare only tensors, not counters and other values" };
    private readonly Option<double> _absolute = Tolerance("--atol", "Ignore differences up to this value");
    private readonly Option<double> _relative = Tolerance("--rtol", "Ignore differences up to this fraction of the second number");
    private readonly Option<bool> _ignoreType = new("--ignore-dtype")
    {
        Description = "Ignore different element types if the numbers are equal",
    };
    private readonly Option<bool> _all = new("--all", "-a") { Description = "List all rows, including equal values" };
    private readonly Option<bool> _json = CommonOptions.Json();

    public DiffCommand(Screen screen)
        : base("diff", "Compare two checkpoints: differences per tensor, and values in only one of them; exit code 1 if they differ")
    {
        Add(_first);
        Add(_second);
        Add(_weights);
        Add(_path);
        Add(_prefix);
        Add(_tensors);
        Add(_absolute);
        Add(_relative);
        Add(_ignoreType);
        Add(_all);
        Add(_json);
        SetAction((result, cancellationToken) => RunAsync(result, screen, cancellationToken));
    }

    private static Option<double> Tolerance(string name, string description)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => 0, HelpName = "number" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0
                && !(double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && value >= 0))
            {
                result.AddError($"{name} is '{result.Tokens[0].Value}'; specify a number of 0 or more, such as 1e-6.");
            }
        });
        return option;
    }

    private async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        using var first = await OpenCheckpoint.ReadAsync(result.GetValue(_first)!, cancellationToken).ConfigureAwait(false);
        using var second = await OpenCheckpoint.ReadAsync(result.GetValue(_second)!, cancellationToken).ConfigureAwait(false);
        var comparer = new StateComparer(
            new TensorComparer(result.GetValue(_absolute), result.GetValue(_relative)),
            result.GetValue(_ignoreType),
            result.GetValue(_tensors) || result.GetValue(_weights),
            result.GetValue(_prefix) ?? string.Empty);
        var findings = comparer.Compare(Select(result, first), Select(result, second), screen, cancellationToken);
        var differences = findings.Count(finding => finding.IsDifference);
        if (result.GetValue(_json))
        {
            screen.Write(new JsonObject
            {
                ["first"] = first.Path,
                ["second"] = second.Path,
                ["equal"] = differences == 0,
                ["compared"] = findings.Count,
                ["differences"] = differences,
                ["values"] = new JsonArray(
                    [
                        .. findings.Where(finding => result.GetValue(_all) || finding.Status != Finding.Equal)
                            .Select(finding => finding.ToJson()),
                    ]),
            });
        }
        else
        {
            Show(screen, findings, differences, result.GetValue(_all));
            if (first.State.Root.ContainsKey(CheckpointKeys.StateDict) != second.State.Root.ContainsKey(CheckpointKeys.StateDict)
                && !result.GetValue(_weights))
            {
                screen.WriteLine("One of the files contains only weights; use --weights to compare the weights of both.");
            }
        }

        return differences == 0 ? ExitCode.Success : ExitCode.Difference;
    }

    private StateValue Select(ParseResult result, OpenCheckpoint checkpoint) =>
        result.GetValue(_path) is { } path ? checkpoint.Find(path) : result.GetValue(_weights) ? checkpoint.Weights : checkpoint.State.Root;

    private static void Show(Screen screen, List<Finding> findings, int differences, bool all)
    {
        var shown = findings.Where(finding => all || finding.Status != Finding.Equal).ToList();
        if (shown.Count > 0)
        {
            var table = Screen.NewTable("path", "status", ">max abs", ">max rel", ">elements", "detail");
            foreach (var finding in shown.Take(all ? int.MaxValue : DefaultRows))
            {
                var numbers = finding.Numbers is { MaxAbsolute: > 0 } apart ? apart : null;
                table.AddRow(
                    Markup.Escape(finding.Path),
                    screen.HasColors && finding.IsDifference ? $"[red]{finding.Status}[/]" : finding.Status,
                    numbers is null ? string.Empty : Amounts.Short(numbers.MaxAbsolute),
                    numbers is null ? string.Empty : Amounts.Short(numbers.MaxRelative),
                    numbers is null ? string.Empty : Amounts.Count(numbers.Different),
                    Markup.Escape(finding.Detail));
            }

            screen.Write(table);
            if (!all && shown.Count > DefaultRows)
            {
                screen.WriteLine($"... and {Amounts.Count(shown.Count - DefaultRows)} more; use --all to show them.");
            }

            screen.WriteLine();
        }

        var counts = findings.GroupBy(finding => finding.Status, StringComparer.Ordinal).Select(
            group => $"{Amounts.Count(group.Count())} {group.Key}");
        screen.WriteLine(
            $"{(differences == 0 ? "No difference" : Amounts.Count(differences, "difference"))} in "
                + $"{Amounts.Count(findings.Count, "value")}: {string.Join(", ", counts)}.");
    }
}
