using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>
/// Refuses <c>services.Configure&lt;TrainerOptions&gt;(section)</c>, which would ignore plug-ins and unknown keys in the section.
/// </summary>
internal sealed class RefusedBinding(IEnumerable<IConfigureOptions<TrainerOptions>> configurations) : IValidateOptions<TrainerOptions>
{
    public ValidateOptionsResult Validate(string? name, TrainerOptions options) =>
        configurations.OfType<NamedConfigureFromConfigurationOptions<TrainerOptions>>().Any(binding => binding.Name == (name ?? string.Empty))
            ? ValidateOptionsResult.Fail(
                "TrainerOptions are bound to a configuration section by Configure or Bind, which ignores its plug-ins and unknown keys. Remove that call and use services.AddTrainer(section), or builder.Configure(o => ...) for values from code.")
            : ValidateOptionsResult.Success;
}
