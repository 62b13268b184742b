using System.Runtime.CompilerServices;
using Fulgurite.Callbacks;

namespace Fulgurite.Tests.Callbacks;

[TestClass]
public sealed class PublicSurfaceOnlyTests
{
    [TestMethod]
    public void Core_Internals_AreNotVisibleToCallbacks()
    {
        var friends = typeof(Trainer).Assembly.GetCustomAttributes(typeof(InternalsVisibleToAttribute), inherit: false)
            .Cast<InternalsVisibleToAttribute>()
            .Select(friend => friend.AssemblyName);

        Assert.DoesNotContain(typeof(EarlyStopping).Assembly.GetName().Name, friends, "A callback of this repository uses what every plug-in can use.");
    }
}
