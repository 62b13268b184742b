namespace Fulgurite.State;

/// <summary>
/// Reads rows of a live tensor while training continues: whoever changes rows next calls it before, so that it can read them first.
/// Registered by <see cref="RowChanges.AddReader"/>.
/// </summary>
/// <remarks>
/// Called by steps of an optimizer that records rows (<see cref="IStepCopies.RecordsRows"/>), on the thread of the run. Other code passes
/// the mutation fence before it changes parameters, where the reader has to end.
/// </remarks>
public interface IRowReader
{
    /// <summary>Gets a value indicating whether the reader needs no more calls.</summary>
    bool IsDone { get; }

    /// <summary>Called before rows change. They are already marked.</summary>
    /// <param name="rows">The indices of the rows, each once.</param>
    void BeforeChange(ReadOnlySpan<long> rows);

    /// <summary>Called before any row may change. They are not marked yet.</summary>
    void BeforeChangeOfAll();

    /// <summary>
    /// Called after rows changed without a call, by an operation of libtorch outside of the mutation fence. On the thread of the run, or on
    /// that which disposes the registration.
    /// </summary>
    void OnOtherChange();
}
