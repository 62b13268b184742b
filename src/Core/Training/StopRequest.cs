namespace Fulgurite;

/// <summary>
/// A request to stop a run. Several processes stop together, at a common step boundary, if one of them is asked to.
/// </summary>
internal sealed class StopRequest(ICollectives collectives)
{
    private volatile bool _here;
    private bool _agreed;

    /// <summary>Gets whether the run is to stop.</summary>
    public bool IsMade => collectives.WorldSize > 1 ? _agreed : _here;

    /// <summary>Gets whether the run was cancelled in another process, and therefore in all.</summary>
    public bool CancelledTogether { get; private set; }

    /// <summary>Requests a stop. Thread-safe.</summary>
    public void Make() => _here = true;

    /// <summary>Exchanges requests between all processes at a step boundary.</summary>
    /// <exception cref="OperationCanceledException">The run was cancelled in one of the processes.</exception>
    public void Agree(RunLimits limits, CancellationToken cancellation)
    {
        _agreed = collectives.ReduceDecision(_here, all: false);
        limits.Agree();
        CancelledTogether = collectives.ReduceDecision(cancellation.IsCancellationRequested, all: false);
        if (CancelledTogether)
        {
            throw new OperationCanceledException(cancellation);
        }
    }
}
