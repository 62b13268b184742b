namespace Fulgurite.Tests.Hosting.Doubles;

/// <summary>Where the sources are that these tests are made of.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Framework.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No Framework.sln above the tests.");
        }

        return folder.FullName;
    }
}
