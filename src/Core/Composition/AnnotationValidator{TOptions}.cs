using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>
/// Validates options by their annotations, the values of their enumerations, and <see cref="IValidatableObject"/> for rules across options.
/// Every message names the option, its value and the allowed values.
/// </summary>
/// <typeparam name="TOptions">The class of the options.</typeparam>
public sealed class AnnotationValidator<TOptions> : IValidateOptions<TOptions>
    where TOptions : class
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var suffix = string.IsNullOrEmpty(name) ? string.Empty : $" of '{name}'";
        List<string> failures = [];
        foreach (var property in typeof(TOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.CanRead && property.GetIndexParameters().Length == 0)
            {
                Check(options, property, suffix, failures);
            }
        }

        if (failures.Count == 0 && options is IValidatableObject validatable)
        {
            failures.AddRange(
                validatable.Validate(new ValidationContext(options)).Select(
                    result => $"{typeof(TOptions).Name}{suffix}: {result.ErrorMessage}"));
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Check(TOptions options, PropertyInfo property, string suffix, List<string> failures)
    {
        var value = property.GetValue(options);
        var context = new ValidationContext(options) { MemberName = property.Name };
        var option = $"{typeof(TOptions).Name}.{property.Name}{suffix}";
        if (value is Enum member && !member.GetType().IsDefined(typeof(FlagsAttribute)) && !Enum.IsDefined(member.GetType(), member))
        {
            failures.Add($"{option} is {Show(value)}; allowed is {string.Join(", ", Enum.GetNames(member.GetType()))}.");
        }

        foreach (var rule in property.GetCustomAttributes<ValidationAttribute>(inherit: true))
        {
            if (rule.GetValidationResult(value, context) is { } failure)
            {
                failures.Add(
                    Allowed(rule) is { } allowed
                        ? $"{option} is {Show(value)}; {allowed}."
                        : $"{option} is {Show(value)}. {failure.ErrorMessage}");
            }
        }
    }

    private static string? Allowed(ValidationAttribute rule) => rule switch
    {
        AllowedValuesAttribute values => $"allowed is {string.Join(", ", values.Values.Select(Show))}",
        { ErrorMessage: not null } => null,
        RequiredAttribute => "it must be given",
        RangeAttribute range when IsLargest(range.Maximum) =>
            range.Minimum is double.Epsilon ? "allowed is more than 0" : $"allowed is {Show(range.Minimum)} or more",
        RangeAttribute range => $"allowed is {Show(range.Minimum)} to {Show(range.Maximum)}",
        MinLengthAttribute length => $"allowed is a length of {length.Length} or more",
        MaxLengthAttribute length => $"allowed is a length of at most {length.Length}",
        _ => null,
    };

    private static bool IsLargest(object limit) => limit is int.MaxValue or >= (double)long.MaxValue;

    private static string Show(object? value) => value switch
    {
        null => "null",
        string text => $"'{text}'",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Show))}]",
        _ => value.ToString() ?? "null",
    };
}

/// <summary>Validates the options of a plug-in created by its constructor, with the rules that apply to configured options.</summary>
public static class CheckedOptions
{
    /// <summary>Returns the options, or the defaults for null.</summary>
    /// <typeparam name="TOptions">The class of the options, with validation attributes.</typeparam>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">Options have invalid values; the message lists all of them.</exception>
    public static TOptions OrDefault<TOptions>(TOptions? options)
        where TOptions : class, new()
    {
        var checkedOptions = options ?? new TOptions();
        var result = new AnnotationValidator<TOptions>().Validate(name: null, checkedOptions);
        return result.Failed ? throw new ArgumentException(string.Join(" ", result.Failures!), nameof(options)) : checkedOptions;
    }
}
