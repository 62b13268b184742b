using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Fulgurite.Tests.Hosting.Surface;

/// <summary>What an assembly offers to others, one line a member, in an order that does not depend on the sources.</summary>
internal static class SurfaceText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
    };

    public static string Of(Assembly assembly) =>
        string.Join('\n', assembly.GetExportedTypes().Where(IsWritten).OrderBy(type => type.FullName, StringComparer.Ordinal).SelectMany(Lines)) + "\n";

    private static bool IsWritten(MemberInfo member) => !member.Name.Contains('<', StringComparison.Ordinal) && !member.IsDefined(typeof(CompilerGeneratedAttribute));

    private static IEnumerable<string> Lines(Type type)
    {
        yield return $"{Kind(type)} {type.Namespace}.{Name(type)}{Bases(type)}";
        if (type.IsEnum)
        {
            foreach (var value in Enum.GetValues(type))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"    {value} = {Convert.ToInt64(value, CultureInfo.InvariantCulture)}");
            }

            yield break;
        }

        foreach (var line in type.GetMembers(Declared).Where(IsWritten).Select(Line).OfType<string>().Order(StringComparer.Ordinal))
        {
            yield return "    " + line;
        }
    }

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Bases(Type type)
    {
        IEnumerable<Type> inherited = type.BaseType?.GetInterfaces() ?? [];
        List<string> bases = [.. type.GetInterfaces().Except(inherited).Where(candidate => candidate.IsVisible && !type.IsEnum).Select(Name).Order(StringComparer.Ordinal)];
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum))
        {
            bases.Insert(0, Name(parent));
        }

        return bases.Count == 0 ? string.Empty : " : " + string.Join(", ", bases);
    }

    private static string? Line(MemberInfo member) => member switch
    {
        ConstructorInfo { IsStatic: false } constructor when IsSeen(constructor) => $"{Access(constructor)}new({Parameters(constructor)})",
        MethodInfo { IsSpecialName: false } method when IsSeen(method) => $"{Access(method)}{Modifiers(method)}{Name(method.ReturnType)} {method.Name}{Generics(method)}({Parameters(method)})",
        MethodInfo { IsSpecialName: true } method when IsSeen(method) && method.Name.StartsWith("op_", StringComparison.Ordinal) => $"static {Name(method.ReturnType)} {method.Name}({Parameters(method)})",
        PropertyInfo property when Accessors(property) is { Length: > 0 } accessors => $"{Property(property)} {{ {accessors} }}",
        FieldInfo { IsPublic: true } or FieldInfo { IsFamily: true } => $"{(((FieldInfo)member).IsStatic ? "static " : string.Empty)}{Name(((FieldInfo)member).FieldType)} {member.Name}",
        EventInfo { AddMethod: { } add } happening when IsSeen(add) => $"event {Name(happening.EventHandlerType!)} {member.Name}",
        _ => null,
    };

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) => method.IsPublic ? string.Empty : "protected ";

    private static string Modifiers(MethodInfo method) => method switch
    {
        { IsStatic: true } => "static ",
        { IsAbstract: true } => "abstract ",
        { IsFinal: true } => string.Empty,
        { IsVirtual: true } => method.GetBaseDefinition() == method ? "virtual " : "override ",
        _ => string.Empty,
    };

    private static string Property(PropertyInfo property)
    {
        var accessor = property.GetAccessors(nonPublic: true).First(IsSeen);
        var index = property.GetIndexParameters();
        var name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(parameter => Name(parameter.ParameterType)))}]";
        return $"{Access(accessor)}{Modifiers(accessor)}{Name(property.PropertyType)} {name}";
    }

    private static string Accessors(PropertyInfo property)
    {
        List<string> accessors = [];
        if (property.GetMethod is { } get && IsSeen(get))
        {
            accessors.Add("get;");
        }

        if (property.SetMethod is { } set && IsSeen(set))
        {
            accessors.Add(set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;");
        }

        return string.Join(' ', accessors);
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        $"{(method.IsDefined(typeof(ExtensionAttribute)) && parameter.Position == 0 ? "this " : string.Empty)}{Name(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + Default(parameter.DefaultValue) : string.Empty)}"));

    private static string Default(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Generics(MethodInfo method) => method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : string.Empty;

    private static string Name(Type type)
    {
        if (Keywords.TryGetValue(type, out var keyword))
        {
            return keyword;
        }

        if (type.IsByRef)
        {
            return "ref " + Name(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Name(value) + "?";
        }

        var arguments = type.GetGenericArguments();
        var plain = type.Name.Split('`')[0];
        var name = arguments.Length == 0 ? plain : $"{plain}<{string.Join(", ", arguments.Select(Name))}>";
        return type is { IsNested: true, IsGenericParameter: false } ? $"{Name(type.DeclaringType!)}.{name}" : name;
    }
}
