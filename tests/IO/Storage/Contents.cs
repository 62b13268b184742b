namespace Fulgurite.Tests.IO.Storage;

internal static class Contents
{
    public static FileContent Of(byte[] bytes)
    {
        var content = new FileContent();
        content.Add(bytes);
        return content;
    }
}
