using System.Reflection;
using Fulgurite.Callbacks;

namespace Fulgurite.Tests.Core.Hooks;

/// <summary>
/// A hook is declared by its arguments, and by one method on callbacks and modules that takes them. The arguments call that method
/// themselves, so no other place lists the hooks.
/// </summary>
[TestClass]
public sealed class HookDeclarationTests
{
    [TestMethod]
    [DataRow(typeof(IHookArguments), typeof(Callback), 39)]
    [DataRow(typeof(IModuleHookArguments), typeof(ModuleHooks), 35)]
    public void Hook_OfEachReceiver_IsOneVirtualMethodNamedAfterItsArguments(Type kind, Type receiver, int count)
    {
        var arguments = typeof(Callback).Assembly.GetTypes().Where(type => type.IsValueType && type.IsAssignableTo(kind));
        var hooks = receiver.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(method => method.IsVirtual && method.GetParameters() is [{ ParameterType: { IsValueType: true, IsGenericParameter: false } }])
            .Select(method => (method.Name + "Arguments", method.GetParameters()[0].ParameterType.Name))
            .ToList();

        Assert.AreSequenceEqual(arguments.Select(type => (type.Name, type.Name)).Order(), hooks.Order());
        Assert.HasCount(count, hooks);
    }

    [TestMethod]
    public void Handle_Overridden_ReceivesEveryHookInsteadOfItsMethod()
    {
        var callback = new Observer();

        callback.Handle(default(OnTrainStartArguments));
        callback.Handle(default(OnTrainEndArguments));

        Assert.AreSequenceEqual([typeof(OnTrainStartArguments), typeof(OnTrainEndArguments)], callback.Hooks);
        Assert.AreEqual(1, callback.Ends);
    }

    /// <summary>Observes all hooks, and forwards one.</summary>
    private sealed class Observer : Callback
    {
        public List<Type> Hooks { get; } = [];

        public int Ends { get; private set; }

        public override void Handle<TArguments>(TArguments arguments)
        {
            Hooks.Add(typeof(TArguments));
            if (arguments is OnTrainEndArguments)
            {
                base.Handle(arguments);
            }
        }

        public override void OnTrainStart(OnTrainStartArguments arguments) => Assert.Fail("It was not forwarded.");

        public override void OnTrainEnd(OnTrainEndArguments arguments) => Ends++;
    }
}
