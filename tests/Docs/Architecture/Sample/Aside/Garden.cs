namespace Fulgurite.Tests.Docs.Architecture.Sample.Aside;

internal sealed class Garden
{
    public static string Read(string path) => File.ReadAllText(path);
}
