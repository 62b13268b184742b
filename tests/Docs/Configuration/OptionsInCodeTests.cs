using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Fulgurite.Tests.Docs.Configuration;

/// <summary>Options are checked where an object is created by its constructor, with the rules of configurations.</summary>
[TestClass]
public sealed class OptionsInCodeTests
{
    [TestMethod]
    public void Constructor_OptionOutOfItsRange_IsRefusedWithItsNameAndValue()
    {
        var constructors = ConfigurationPage.Packages.SelectMany(package => package.GetExportedTypes())
            .Where(type => !type.IsAbstract && !type.IsGenericType && !type.IsAssignableTo(typeof(IStrategy)) && type != typeof(Trainer))
            .SelectMany(type => type.GetConstructors())
            .Where(constructor => OptionsOf(constructor) is not null).ToList();

        var accepted = constructors.SelectMany(Accepted).ToList();

        Assert.IsGreaterThan(10, constructors.Count);
        Assert.IsEmpty(accepted, "Create options with CheckedOptions.OrDefault:\n" + string.Join('\n', accepted));
    }

    private static Type? OptionsOf(ConstructorInfo constructor) =>
        constructor.GetParameters().Select(parameter => parameter.ParameterType).FirstOrDefault(type => Ranges(type).Any());

    private static IEnumerable<PropertyInfo> Ranges(Type type) =>
        type.IsClass && type.Name.EndsWith("Options", StringComparison.Ordinal)
            ? type.GetProperties().Where(property => property.IsDefined(typeof(RangeAttribute)))
            : [];

    private static IEnumerable<string> Accepted(ConstructorInfo constructor)
    {
        var type = OptionsOf(constructor)!;
        foreach (var property in Ranges(type))
        {
            var options = Activator.CreateInstance(type)!;
            property.SetValue(options, BelowRange(property));
            var expected = $"{type.Name}.{property.Name} is {Convert.ToString(property.GetValue(options), CultureInfo.InvariantCulture)}";
            var refusal = Refusal(constructor, options);
            if (refusal is not ArgumentException || !refusal.Message.Contains(expected, StringComparison.Ordinal))
            {
                yield return $"{constructor.DeclaringType!.Name}: {expected}: {refusal?.Message ?? "accepted"}";
            }
        }
    }

    private static Exception? Refusal(ConstructorInfo constructor, object options)
    {
        var arguments = constructor.GetParameters().Select(parameter => parameter.ParameterType switch
        {
            var type when type == options.GetType() => options,
            var type when type == typeof(CheckpointIO) => new TorchCheckpointIO(),
            var type when type == typeof(TextWriter) => TextWriter.Null,
            _ => null,
        });
        try
        {
            constructor.Invoke([.. arguments]);
            return null;
        }
        catch (TargetInvocationException exception)
        {
            return exception.InnerException;
        }
    }

    private static object BelowRange(PropertyInfo property)
    {
        var range = property.GetCustomAttribute<RangeAttribute>()!;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return type == typeof(TimeSpan)
            ? TimeSpan.FromDays(-1)
            : Convert.ChangeType(
                Math.Floor(Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture)) - 1, type, CultureInfo.InvariantCulture);
    }
}
