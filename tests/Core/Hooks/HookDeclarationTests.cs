using System.Reflection;

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
            .Where(method => method.IsVirtual && method.GetParameters() is [{ ParameterType.IsValueType: true }])
            .Select(method => (method.Name + "Arguments", method.GetParameters()[0].ParameterType.Name))
            .ToList();

        Assert.AreSequenceEqual(arguments.Select(type => (type.Name, type.Name)).Order(), hooks.Order());
        Assert.HasCount(count, hooks);
    }

    [TestMethod]
    public void Handle_OneRun_ReceivesEveryHookBeforeItsMethod()
    {
        var hooks = new List<string>();
        var observer = new Observer(hooks);
        using var module = new SmallModule();

        new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = 1 }, [observer])
            .Fit(module, new SmallData(1));

        Assert.AreSequenceEqual(
            [
                "SetUp", "OnFitStart", "OnTrainStart", "OnTrainEpochStart", "OnTrainBatchStart", "OnBeforeZeroGrad", "OnBeforeBackward",
                "OnAfterBackward", "OnBeforeOptimizerStep", "OnTrainBatchEnd", "OnTrainEpochEnd", "OnTrainEnd", "method", "OnFitEnd",
                "TearDown",
            ],
            hooks);
    }

    private sealed class Observer(List<string> hooks) : Callback, IHookHandler
    {
        public void Handle<TArguments>(TArguments arguments)
            where TArguments : struct, IHookArguments =>
            hooks.Add(typeof(TArguments).Name.Replace("Arguments", string.Empty, StringComparison.Ordinal));

        public override void OnTrainEnd(OnTrainEndArguments arguments) => hooks.Add("method");
    }
}
