using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Configuration;

/// <summary>Registers that options are bound from a section.</summary>
internal static class SectionBinding
{
    public static void Register(IServiceCollection services, Type options, string name, IConfiguration section, params string[] reserved) =>
        ((ISectionBinding)Activator.CreateInstance(typeof(SectionBinding<>).MakeGenericType(options), name, section, reserved)!).Register(services);
}
