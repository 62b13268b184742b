using Fulgurite.State;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// libtorch's autocast on the current thread: while it is on, libtorch casts the operands of the operations that gain by it (products of
/// matrices, convolutions, recurrent layers) to bfloat16, and those of the operations that need precision to float32.
/// </summary>
/// <remarks>
/// TorchSharp does not expose it. Its C++ functions take plain numbers; a libtorch that does not export them under these names has none for
/// us.
/// </remarks>
internal readonly unsafe ref struct Autocast : IDisposable
{
    private static readonly delegate* unmanaged<sbyte, byte> IsEnabled =
        (delegate* unmanaged<sbyte, byte>)LibtorchExports.Find("_ZN2at8autocast19is_autocast_enabledEN3c1010DeviceTypeE");

    private static readonly delegate* unmanaged<sbyte, byte, void> SetEnabled =
        (delegate* unmanaged<sbyte, byte, void>)LibtorchExports.Find("_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb");

    private static readonly delegate* unmanaged<sbyte, sbyte> TypeOf =
        (delegate* unmanaged<sbyte, sbyte>)LibtorchExports.Find("_ZN2at8autocast18get_autocast_dtypeEN3c1010DeviceTypeE");

    private static readonly delegate* unmanaged<sbyte, sbyte, void> SetType =
        (delegate* unmanaged<sbyte, sbyte, void>)LibtorchExports.Find(
            "_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE");

    private static readonly delegate* unmanaged<int> Enter = (delegate* unmanaged<int>)LibtorchExports.Find(
        "_ZN2at8autocast17increment_nestingEv");
    private static readonly delegate* unmanaged<int> Leave = (delegate* unmanaged<int>)LibtorchExports.Find(
        "_ZN2at8autocast17decrement_nestingEv");
    private static readonly delegate* unmanaged<void> ClearCache = (delegate* unmanaged<void>)LibtorchExports.Find(
        "_ZN2at8autocast11clear_cacheEv");

    private readonly bool _isOn;
    private readonly sbyte _device;
    private readonly byte _wasEnabled;
    private readonly sbyte _type;

    private Autocast(DeviceType device)
    {
        _isOn = true;
        _device = (sbyte)device;
        _wasEnabled = IsEnabled(_device);
        _type = TypeOf(_device);
        SetEnabled(_device, 1);
        SetType(_device, (sbyte)ScalarType.BFloat16);
        _ = Enter();
    }

    /// <summary>Gets whether the running libtorch exports the functions.</summary>
    public static bool IsAvailable { get; } = IsEnabled is not null && SetEnabled is not null && TypeOf is not null && SetType is not null
        && Enter is not null && Leave is not null && ClearCache is not null;

    /// <summary>
    /// Turns it on for the step of a module if the strategy trains in mixed precision, until it is disposed on the same thread.
    /// </summary>
    public static Autocast For(IStrategy strategy) =>
        strategy is Strategy { Precision: Precision.MixedBFloat16 } ? new Autocast(strategy.RootDevice.type) : default;

    public void Dispose()
    {
        if (!_isOn)
        {
            return;
        }

        // The outermost forgets the weights in bfloat16 that were kept for the step.
        if (Leave() == 0)
        {
            ClearCache();
        }

        SetEnabled(_device, _wasEnabled);
        SetType(_device, _type);
    }
}
