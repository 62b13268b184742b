using Fulgurite.Composition;

namespace Fulgurite.Callbacks;

/// <summary>Holds the options of a callback that is made by hand to the rules that the builder holds them to.</summary>
internal static class CheckedOptions
{
    /// <summary>The options, or the defaults where there are none.</summary>
    /// <exception cref="ArgumentException">A value is not allowed; the message names each.</exception>
    public static TOptions OrDefault<TOptions>(TOptions? options)
        where TOptions : class, new()
    {
        var checkedOptions = options ?? new TOptions();
        var result = new AnnotationValidator<TOptions>().Validate(name: null, checkedOptions);
        return result.Failed ? throw new ArgumentException(string.Join(" ", result.Failures!), nameof(options)) : checkedOptions;
    }
}
