namespace Fulgurite;

/// <summary>
/// Specifies whether matrix products of equal values are bitwise equal in this process (<see cref="ReproducibleKernels"/>).
/// </summary>
public enum KernelReproducibility
{
    /// <summary>
    /// MKL uses reproducible kernels: they were requested in time, or the environment variable <c>MKL_CBWR</c> selects them.
    /// </summary>
    Enabled,

    /// <summary>MKL was used before the request, which then has no effect.</summary>
    TooLate,

    /// <summary>The switch <see cref="ReproducibleKernels.SwitchName"/> is false, so nothing is requested.</summary>
    SwitchedOff,

    /// <summary>libtorch provides no way to request them, as on Windows. Set the environment variable <c>MKL_CBWR</c> instead.</summary>
    Unavailable,

    /// <summary>libtorch is built without MKL for this processor, so there is nothing to request.</summary>
    NotApplicable,
}
