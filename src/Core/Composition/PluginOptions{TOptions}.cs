using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

internal sealed class PluginOptions<TOptions> : PluginOptions
    where TOptions : class
{
    public PluginOptions(ITrainerBuilder builder)
        : base(NextName(builder, typeof(TOptions)))
    {
        builder.Services.AddOptions();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, AnnotationValidator<TOptions>>());
        builder.Services.AddKeyedSingleton<PluginOptions>(builder.Name, this);
    }

    public override Type Type => typeof(TOptions);

    public override object Get(IServiceProvider services) => services.GetRequiredService<IOptionsMonitor<TOptions>>().Get(Name);
}
