namespace Fulgurite;

/// <summary>Whether matrix products of equal values give equal bits in this process (<see cref="ReproducibleKernels"/>).</summary>
public enum KernelReproducibility
{
    /// <summary>MKL uses reproducible kernels: they were requested in time, or the environment variable <c>MKL_CBWR</c> names them.</summary>
    Enabled,

    /// <summary>MKL was used before the request, which then has no effect.</summary>
    TooLate,

    /// <summary>The switch <see cref="ReproducibleKernels.SwitchName"/> is false: nothing is requested.</summary>
    SwitchedOff,

    /// <summary>libtorch offers no way to request them, as on Windows; the environment variable <c>MKL_CBWR</c> is one.</summary>
    Unavailable,

    /// <summary>libtorch is built without MKL for this processor: there is nothing to request.</summary>
    NotApplicable,
}
