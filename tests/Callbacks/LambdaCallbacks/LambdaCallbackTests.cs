using System.Reflection;
using Fulgurite.Callbacks;

namespace Fulgurite.Tests.Callbacks.LambdaCallbacks;

[TestClass]
public sealed class LambdaCallbackTests
{
    public static IEnumerable<string> Hooks => typeof(Callback)
        .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(method => method.IsVirtual && method.GetParameters() is [var only] && only.ParameterType.Name.EndsWith("Arguments", StringComparison.Ordinal))
        .Select(method => method.Name);

    [TestMethod]
    [DynamicData(nameof(Hooks))]
    public void Hook_WithItsAction_RunsItOnceWithTheArguments(string hook)
    {
        var method = typeof(LambdaCallback).GetMethod(hook)!;
        var arguments = method.GetParameters()[0].ParameterType;
        var property = typeof(LambdaCallback).GetProperties().SingleOrDefault(candidate => candidate.PropertyType == typeof(Action<>).MakeGenericType(arguments));
        Assert.IsNotNull(property, $"LambdaCallback has no action for {hook}.");
        var callback = new LambdaCallback();
        method.Invoke(callback, [Activator.CreateInstance(arguments)]);
        var calls = new List<object>();
        property.SetValue(callback, typeof(LambdaCallbackTests).GetMethod(nameof(Recorder), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(arguments).Invoke(null, [calls]));

        method.Invoke(callback, [Activator.CreateInstance(arguments)]);

        Assert.ContainsSingle(calls);
        Assert.AreEqual(arguments, calls[0].GetType());
    }

    private static Action<T> Recorder<T>(List<object> calls)
        where T : struct => arguments => calls.Add(arguments);
}
