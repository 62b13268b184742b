using System.Text;

namespace AttentionXml.Data.Debian;

/// <summary>
/// Which packages are held out, and the order of all: by a hash of the name and nothing else, so that the same package is
/// held out on every machine and every day, and any first part of a file is a fair sample of it.
/// </summary>
internal static class HeldOutSplit
{
    private const ulong OneIn = 10;

    public static bool IsHeldOut(string name) => Order(name) % OneIn == 0;

    public static ulong Order(string name)
    {
        // FNV-1a, then a finalizer that spreads the last letters over all bits.
        var hash = 14695981039346656037UL;
        foreach (var letter in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ letter) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDUL;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53UL;
        return hash ^ (hash >> 33);
    }
}
