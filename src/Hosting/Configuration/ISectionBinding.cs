using Microsoft.Extensions.DependencyInjection;

namespace Fulgurite.Configuration;

internal interface ISectionBinding
{
    void Register(IServiceCollection services);
}
