namespace Fulgurite.Tests.Bench.Crash;

/// <summary>Whether the long versions of tests run.</summary>
internal static class Slow
{
    public static bool IsOn => Environment.GetEnvironmentVariable("FULGURITE_SLOW") == "1";
}
