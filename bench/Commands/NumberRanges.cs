using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Fulgurite.Bench.Commands;

/// <summary>Refuses numbers with which a command would measure nothing, or something else.</summary>
internal static class NumberRanges
{
    // Off, or the usual number, at zero. All others are more than zero, as is every other option with a default.
    private static readonly string[] MayBeZero = ["--kills", "--states", "--seed", "--delay", "--wait", "--cost"];

    private static readonly string[] AreParts = ["--scale", "--share"];

    /// <summary>Adds the check to all options of a command and its subcommands.</summary>
    public static void Check(Command command)
    {
        foreach (var option in command.Options)
        {
            Check<int>(option);
            Check<long>(option);
            Check<double>(option);
        }

        foreach (var subcommand in command.Subcommands)
        {
            Check(subcommand);
        }
    }

    private static void Check<T>(Option option)
        where T : struct, INumber<T>
    {
        if (option is not Option<T> && option is not Option<T?>)
        {
            return;
        }

        var mayBeZero = MayBeZero.Contains(option.Name, StringComparer.Ordinal)
            || (option is Option<T> && (!option.HasDefaultValue || T.IsZero((T)option.GetDefaultValue()!)));
        var isPart = AreParts.Contains(option.Name, StringComparer.Ordinal);
        var allowed = (mayBeZero ? "0 or more" : "more than 0") + (isPart ? ", at most 1" : string.Empty);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                // Other texts are refused by the parser.
                if (T.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && !IsAllowed(value))
                {
                    result.AddError($"{option.Name} is {token.Value}; allowed is {allowed}.");
                }
            }
        });

        bool IsAllowed(T value) => T.IsFinite(value) && (T.IsZero(value) ? mayBeZero : T.IsPositive(value)) && !(isPart && value > T.One);
    }
}
