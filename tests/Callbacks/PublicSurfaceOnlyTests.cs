using System.Runtime.CompilerServices;
using Fulgurite.Callbacks;

namespace Fulgurite.Tests.Callbacks;

[TestClass]
public sealed class PublicSurfaceOnlyTests
{
    [TestMethod]
    [DataRow(typeof(EarlyStopping))]
    [DataRow(typeof(AsyncCheckpointIO))]
    [DataRow(typeof(SingleDeviceStrategy))]
    public void Core_Internals_AreNotVisibleToPlugins(Type plugin)
    {
        var friends = typeof(Trainer).Assembly.GetCustomAttributes(typeof(InternalsVisibleToAttribute), inherit: false)
            .Cast<InternalsVisibleToAttribute>()
            .Select(friend => friend.AssemblyName);

        Assert.DoesNotContain(plugin.Assembly.GetName().Name, friends, "The packages of this repository use what every plug-in can use.");
    }
}
