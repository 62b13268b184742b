using System.Reflection;
using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Hosting.Composition;

/// <summary>
/// Every plug-in of this framework comes as a kit: a name for configurations, options, a builder extension, a place in the documentation.
/// </summary>
[TestClass]
public sealed partial class PluginKitTests
{
    // Made of delegates or of a writer, which no configuration can give.
    private static readonly Type[] FromCodeOnly = [typeof(LambdaCallback), typeof(CustomCheckpointIO), typeof(ProgressLine)];

    private static readonly (Type Kind, string Key, string Method)[] Kinds =
    [
        (typeof(IStrategy), "Strategy", "AddStrategy"),
        (typeof(CheckpointIO), "CheckpointIO", "AddCheckpointIO"),
        (typeof(IMetricLogger), "Loggers", "AddLogger"),
        (typeof(Callback), "Callbacks", "AddCallback"),
    ];

    public static IEnumerable<object[]> Named => Plugins().Except(FromCodeOnly).Select(type => new object[] { type });

    [TestMethod]
    public void Plugins_WalkedOverAllAssemblies_AreFound() => Assert.IsGreaterThan(20, Named.Count());

    [TestMethod]
    [DynamicData(nameof(Named))]
    public void Plugin_HasANameThatAConfigurationFinds(Type type)
    {
        var name = type.GetCustomAttribute<PluginAttribute>()?.Name;
        Assert.IsNotNull(name, $"Give {type.Name} the attribute [Plugin(\"name\")].");
        Assert.MatchesRegex(KebabCase(), name);

        var services = Compose.Services();
        var (kind, key, _) = KindOf(type);
        var strategy = kind == typeof(IStrategy) ? string.Empty : "\"Strategy\": \"fake\", ";
        services.AddTrainer(Compose.Section($$"""{ "Trainer": { {{strategy}}"{{key}}": "{{name}}" } }"""), typeof(PublicStrategy).Assembly);
        using var provider = services.Build();
        try
        {
            var description = provider.Resolve().Describe();
            string[] parts = [description.Strategy, .. description.CheckpointIO, .. description.Loggers, .. description.Callbacks];
            Assert.Contains(type.Name, parts);
        }
        catch (OptionsValidationException exception)
        {
            // An option that must be given is asked for by its name.
            Assert.IsTrue(
                exception.Failures.All(failure => failure.StartsWith($"{OptionsOf(type)!.Name}", StringComparison.Ordinal)),
                exception.Message);
        }
        catch (InvalidOperationException exception) when (type == typeof(CudaStrategy))
        {
            Assert.Contains("CUDA", exception.Message);
        }
        catch (DllNotFoundException exception) when (type == typeof(MpiStrategy))
        {
            Assert.Contains("MPI", exception.Message);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Named))]
    public void Plugin_WithOptions_TakesThemAndHasABuilderExtension(Type type)
    {
        var taken = type.GetConstructors()
            .SelectMany(constructor => constructor.GetParameters())
            .Select(parameter => parameter.ParameterType)
            .FirstOrDefault(parameter => parameter.Name.EndsWith("Options", StringComparison.Ordinal));
        Assert.AreEqual(
            taken, OptionsOf(type), $"{type.Name} takes {taken?.Name ?? "no options"}: let it implement IConfigurable of these.");
        if (taken is null)
        {
            return;
        }

        Assert.IsNotNull(taken.GetConstructor(Type.EmptyTypes), $"{taken.Name} has no constructor without parameters.");
        var (_, _, method) = KindOf(type);
        var shortForm = type.Assembly.GetExportedTypes().SelectMany(holder => holder.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .FirstOrDefault(candidate => candidate.Name == method && candidate.GetParameters() is [{ ParameterType: var builder }, { ParameterType: var configure }]
                && builder == typeof(ITrainerBuilder) && configure == typeof(Action<>).MakeGenericType(taken));
        Assert.IsNotNull(shortForm, $"There is no {method}<{type.Name}>(o => ...) for {taken.Name}: write a builder extension.");
    }

    [TestMethod]
    public void Plugins_AllHaveAPlaceInTheDocumentation()
    {
        var documentation = string.Join(
            '\n', Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(File.ReadAllText));
        foreach (var type in Plugins())
        {
            Assert.IsTrue(Regex.IsMatch(documentation, $@"\b{type.Name}\b", RegexOptions.NonBacktracking), $"No page of docs/ tells of {type.Name}.");
            if (type.GetCustomAttribute<PluginAttribute>()?.Name is { } name)
            {
                Assert.IsTrue(
                    documentation.Contains($"`{name}`", StringComparison.Ordinal)
                        || documentation.Contains($"\"{name}\"", StringComparison.Ordinal),
                    $"No page of docs/ tells of the name {name} of {type.Name}.");
            }
        }
    }

    /// <summary>Those of all packages, but for the doubles that the one for tests has.</summary>
    private static List<Type> Plugins() =>
    [
        .. Directory.EnumerateFiles(AppContext.BaseDirectory, "Fulgurite*.dll")
            .Where(
                path => !path.EndsWith("Tests.dll", StringComparison.Ordinal) && !path.EndsWith(
                    "Fulgurite.Testing.dll",
                    StringComparison.Ordinal))
            .SelectMany(path => Assembly.LoadFrom(path).GetExportedTypes())
            .Where(type => type is { IsClass: true, IsAbstract: false } && Kinds.Any(kind => kind.Kind.IsAssignableFrom(type)))
            .OrderBy(type => type.FullName, StringComparer.Ordinal),
    ];

    private static Type? OptionsOf(Type type) => Array.Find(
        type.GetInterfaces(),
        candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IConfigurable<>))?.GetGenericArguments()[0];

    private static (Type Kind, string Key, string Method) KindOf(Type type) => Kinds.First(kind => kind.Kind.IsAssignableFrom(type));

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KebabCase();
}
