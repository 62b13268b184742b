using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>Lets backward passes of the process say which of their functions made a number that is none, until it is disposed.</summary>
public class AnomalyMode : IDisposable
{
    private readonly bool _wasEnabled = IsEnabled;
    private readonly bool _checkedNan = ShouldCheckNaN;

    public AnomalyMode(bool enabled, bool check_nan = true) => Set(enabled, check_nan);

    public static bool IsEnabled => Native.fg_anomaly_mode() != 0;

    public static bool ShouldCheckNaN => Native.fg_anomaly_nan() != 0;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Set(_wasEnabled, _checkedNan);
        }
    }

    private static void Set(bool enabled, bool checkNan) => Native.fg_set_anomaly_mode(enabled ? 1 : 0, checkNan ? 1 : 0);
}
