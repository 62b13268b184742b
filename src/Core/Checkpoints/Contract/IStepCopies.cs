namespace Fulgurite;

/// <summary>
/// Implemented by an optimizer that stores the values its step overwrites while it computes the new ones, so that a snapshot needs no copy of its own.
/// </summary>
/// <remarks>
/// Calls, all on the thread of the run: a capture calls <see cref="TryAdd"/> for each piece of memory and <see cref="Then"/> once; the optimizer steps; the
/// strategy calls <see cref="Finish"/>, even if the step throws. See <see cref="ICheckpointCapture.CopyInNextStep"/>.
/// </remarks>
public interface IStepCopies
{
    /// <summary>Adds a copy to the next step.</summary>
    /// <param name="source">The address of the first byte.</param>
    /// <param name="target">The address that the values from before the step are stored at.</param>
    /// <param name="byteLength">The length in bytes.</param>
    /// <returns>false if the step does not change exactly this memory, once; the caller then copies it.</returns>
    bool TryAdd(nint source, nint target, long byteLength);

    /// <summary>Calls an action once all copies are made.</summary>
    /// <param name="completed">The action.</param>
    void Then(Action completed);

    /// <summary>Makes the copies that the step did not make, e.g. of parameters without a gradient, and calls the actions. Further calls have no effect.</summary>
    void Finish();
}
