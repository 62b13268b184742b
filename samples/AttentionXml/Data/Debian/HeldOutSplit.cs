namespace AttentionXml.Data.Debian;

/// <summary>
/// Selects the held-out packages, and the order of all, by a hash of the name only: the same package is held out on every machine, and
/// every prefix of a file is a fair sample of it.
/// </summary>
internal static class HeldOutSplit
{
    private const ulong OneIn = 10;

    public static bool IsHeldOut(string name) => Order(name) % OneIn == 0;

    public static ulong Order(string name) => StableHash.Of(name);
}
