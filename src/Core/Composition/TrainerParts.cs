using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Composition;

/// <summary>
/// Registers and finds parts that occur several times per trainer. Those of the default trainer are plain services, so that
/// <c>services.AddSingleton&lt;Callback, Mine&gt;()</c> adds to them; those of a named trainer are keyed by its name.
/// </summary>
internal static class TrainerParts
{
    public static void AddPart<TPart>(this ITrainerBuilder builder, TPart part)
        where TPart : class
    {
        if (builder.Name.Length == 0)
        {
            builder.Services.AddSingleton(part);
        }
        else
        {
            builder.Services.AddKeyedSingleton(builder.Name, part);
        }
    }

    public static void AddPart<TPart>(this ITrainerBuilder builder, Func<IServiceProvider, TPart> factory)
        where TPart : class
    {
        if (builder.Name.Length == 0)
        {
            builder.Services.AddSingleton(factory);
        }
        else
        {
            builder.Services.AddKeyedSingleton(builder.Name, (services, _) => factory(services));
        }
    }

    public static IEnumerable<TPart> GetParts<TPart>(this IServiceProvider services, string trainer)
        where TPart : class =>
        trainer.Length == 0 ? services.GetServices<TPart>() : services.GetKeyedServices<TPart>(trainer);
}
