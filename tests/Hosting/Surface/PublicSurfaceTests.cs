using System.Reflection;
using Fulgurite.Tests.Hosting.Doubles;

namespace Fulgurite.Tests.Hosting.Surface;

/// <summary>Compares what each package offers with a text file, so that a change of it is seen. <c>eng/write-surface.sh</c> writes the files anew.</summary>
[TestClass]
public sealed class PublicSurfaceTests
{
    public static IEnumerable<object[]> Packages =>
        [["Fulgurite"], ["Fulgurite.Callbacks"], ["Fulgurite.Core"], ["Fulgurite.IO"], ["Fulgurite.Loggers"], ["Fulgurite.Strategies"], ["Fulgurite.Testing"]];

    [TestMethod]
    [DynamicData(nameof(Packages))]
    public void Package_ItsSurface_IsTheOneThatIsWrittenDown(string package)
    {
        var file = Path.Combine(Repository.Root, "tests", "Hosting", "Surface", $"{package}.txt");
        var text = SurfaceText.Of(Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, $"{package}.dll")));
        if (Environment.GetEnvironmentVariable("FULGURITE_WRITE_SURFACE") == "1")
        {
            File.WriteAllText(file, text);
            return;
        }

        var written = File.ReadAllLines(file);
        var found = text.TrimEnd('\n').Split('\n');
        if (!written.SequenceEqual(found, StringComparer.Ordinal))
        {
            var gone = written.Except(found, StringComparer.Ordinal).Select(line => "- " + line.Trim());
            var added = found.Except(written, StringComparer.Ordinal).Select(line => "+ " + line.Trim());
            Assert.Fail($"The public surface of {package} has changed. If that is meant, run eng/write-surface.sh and commit the file.\n{string.Join('\n', gone.Concat(added).DefaultIfEmpty("Lines have moved to another type."))}");
        }
    }
}
