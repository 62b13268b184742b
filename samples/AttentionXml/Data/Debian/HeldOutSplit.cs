namespace AttentionXml.Data.Debian;

/// <summary>
/// Which packages are held out, and the order of all: by a hash of the name and nothing else, so that the same package is
/// held out on every machine and every day, and any first part of a file is a fair sample of it.
/// </summary>
internal static class HeldOutSplit
{
    private const ulong OneIn = 10;

    public static bool IsHeldOut(string name) => Order(name) % OneIn == 0;

    public static ulong Order(string name) => StableHash.Of(name);
}
