using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Fulgurite.Tests.Docs.Configuration;

/// <summary>Reads the XML documentation of the packages as Markdown.</summary>
internal static partial class XmlSummaries
{
    private static readonly Dictionary<Assembly, Dictionary<string, XElement>> Assemblies = [];

    public static string Of(Type type) => Text($"T:{Name(type)}", type.Assembly);

    /// <summary>Returns the summary of a property, followed by its <c>value</c>, which contains the default.</summary>
    public static string Of(PropertyInfo property) =>
        Text($"P:{Name(property.DeclaringType!)}.{property.Name}", property.DeclaringType!.Assembly);

    private static string Text(string member, Assembly assembly)
    {
        if (!Assemblies.TryGetValue(assembly, out var members))
        {
            var path = Path.ChangeExtension(assembly.Location, ".xml");
            members = XDocument.Load(path)
                .Descendants("member")
                .ToDictionary(element => element.Attribute("name")!.Value, StringComparer.Ordinal);
            Assemblies.Add(assembly, members);
        }

        Assert.IsTrue(members.TryGetValue(member, out var found) && found.Element("summary") is not null, $"{member} has no summary.");
        var owner = member.Split(':')[1];
        var summary = Accessor().Replace(Render(found.Element("summary")!, owner), match => match.Groups["first"].Value.ToUpperInvariant());
        return found.Element("value") is { } value ? $"{summary} {DefaultIs().Replace(Render(value, owner), "Default: ")}" : summary;
    }

    private static string Render(XElement documentation, string owner)
    {
        var text = new StringBuilder();
        foreach (var node in documentation.Nodes())
        {
            text.Append(node switch
            {
                XElement { Name.LocalName: "see" } see =>
                    $"`{see.Attribute("langword")?.Value ?? Reference(see.Attribute("cref")!.Value, owner)}`",
                XElement element => $"`{element.Value}`",
                XText literal => literal.Value,
                _ => string.Empty,
            });
        }

        return Blanks().Replace(text.ToString(), " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    // A type by its name; a member with the name of its type, if that is another type.
    private static string Reference(string cref, string owner)
    {
        var parts = cref.Split(':')[1].Split('(')[0].Split('.').Select(part => part.Split('`')[0]).ToList();
        return cref.StartsWith("T:", StringComparison.Ordinal)
            || owner.StartsWith(string.Join('.', parts[..^1]) + ".", StringComparison.Ordinal)
            ? parts[^1]
            : $"{parts[^2].Replace("Int32", "int", StringComparison.Ordinal)}.{parts[^1]}";
    }

    private static string Name(Type type) => type.FullName!.Replace('+', '.');

    [GeneratedRegex(
        "^Gets (or sets )?(a value (that indicates|indicating) )?(?<first>[a-z])", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex Accessor();

    [GeneratedRegex("^The default (value )?is ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex DefaultIs();

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Blanks();
}
