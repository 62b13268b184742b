using System.Runtime.Versioning;

namespace Fulgurite.IO;

/// <summary>Determines whether the calls of the operating system are used, or their replacements in the base class library.</summary>
/// <remarks>
/// The <see cref="AppContext"/> switch is for tests of the replacements, and for systems whose C library is not usable. It is read once.
/// </remarks>
internal static class NativeCalls
{
    /// <summary>The switch that disables the calls if it is false.</summary>
    public const string SwitchName = "Fulgurite.NativeCalls";

    /// <summary>Gets a value indicating whether calls of the operating system are used.</summary>
    public static bool AreEnabled { get; } = !AppContext.TryGetSwitch(SwitchName, out var value) || value;

    /// <summary>Gets a value indicating whether the calls of Linux are used.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool OnLinux => AreEnabled && OperatingSystem.IsLinux();
}
