using System.Reflection;

namespace Fulgurite.Tests.Callbacks.LambdaCallbacks;

[TestClass]
public sealed class LambdaCallbackTests
{
    public static IEnumerable<Type> Hooks => typeof(IHookArguments).Assembly.GetTypes()
        .Where(type => type.IsValueType && type.IsAssignableTo(typeof(IHookArguments)));

    [TestMethod]
    [DynamicData(nameof(Hooks))]
    public void On_AnyHook_RunsTheActionOnceWithTheArguments(Type arguments) =>
        typeof(LambdaCallbackTests).GetMethod(nameof(RunsOnce), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(arguments)
            .Invoke(null, null);

    [TestMethod]
    public void On_TwoActionsForOneHook_RunsBothInOrder()
    {
        var calls = new List<string>();
        var callback = new LambdaCallback()
            .On<OnTrainStartArguments>(_ => calls.Add("first"))
            .On<OnTrainStartArguments>(_ => calls.Add("second"));

        callback.Handle(default(OnTrainStartArguments));

        Assert.AreSequenceEqual(["first", "second"], calls);
    }

    [TestMethod]
    public void On_NoAction_Throws() =>
        Assert.ThrowsExactly<ArgumentNullException>(() => new LambdaCallback().On<OnTrainStartArguments>(null!));

    private static void RunsOnce<TArguments>()
        where TArguments : struct, IHookArguments
    {
        var callback = new LambdaCallback();
        callback.Handle(default(TArguments));
        var calls = new List<object>();
        callback.On<TArguments>(arguments => calls.Add(arguments));

        callback.Handle(default(TArguments));

        Assert.ContainsSingle(calls);
        Assert.AreEqual(typeof(TArguments), calls[0].GetType());
    }
}
