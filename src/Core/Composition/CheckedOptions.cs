namespace Fulgurite.Composition;

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
