using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>
/// The rows that a capture copies: those that changed since the memory of the snapshot got its last copy, or all of them. Afterwards, what
/// the memory has of each piece.
/// </summary>
internal sealed class CopiedRows
{
    /// <summary>The rows of each piece that a capture compares before it relies on the changes.</summary>
    private const int Samples = 64;

    /// <summary>In how many saves all rows that have not changed are compared once.</summary>
    private const int Shares = 32;

    private readonly Dictionary<PlannedPiece, int> _epochs;

    /// <summary>How often the memory was used for this plan, which selects the share of rows to compare.</summary>
    private readonly int _turn;

    private CopiedRows(CapturePlan plan, CopyTarget target, Dictionary<PlannedPiece, int> epochs, int turn) =>
        (Plan, Target, _epochs, _turn) = (plan, target, epochs, turn);

    /// <summary>Gets the plan, which determines where the pieces are.</summary>
    public CapturePlan Plan { get; }

    /// <summary>Gets the copy of the rows.</summary>
    public CopyTarget Target { get; }

    /// <summary>Gets the bytes of the pieces that are not copied.</summary>
    public long UnchangedBytes =>
        Plan.RowPieces.Sum(piece => piece.ByteLength) - (Target.List.ByteLength - Target.List.ComparedBytes);

    /// <summary>Ends the epoch of all pieces and plans the copy of their rows. On the thread of the run.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="block">The memory of the snapshot, whose content is unknown from now on.</param>
    /// <returns>null if the plan has no such pieces.</returns>
    public static CopiedRows? Begin(CapturePlan plan, ArenaBlock block)
    {
        var before = block.Rows;
        block.Rows = null;
        if (plan.RowPieces.Length == 0)
        {
            return null;
        }

        before = before?.Plan == plan ? before : null;
        var turn = ((before?._turn ?? 0) + 1) % Shares;
        var parts = new List<CopyPart>();
        var epochs = new Dictionary<PlannedPiece, int>(ReferenceEqualityComparer.Instance);
        foreach (var piece in plan.RowPieces)
        {
            var changes = piece.Changes!;
            var since = before?.EpochOf(piece) ?? 0;
            if (since == 0 || !AreSamplesSame(piece, changes, since, block.Address))
            {
                // Also with no earlier copy to compare: the tensor may have been written directly, and later comparisons with this copy
                // would not find that other copies and the hashes are older.
                changes.MarkAll();
            }

            epochs.Add(piece, changes.EndEpoch());

            // Of the rows that have not changed, another share is compared at each save.
            var (next, end) = since == 0 ? (0, 0) : (ShareStart(turn), ShareStart(turn + 1));
            changes.Collect(since, (first, count) =>
            {
                Compare(Math.Min(first, end));
                Add(first, count, unchanged: null);
                next = Math.Max(next, first + count);
            });
            Compare(end);

            int ShareStart(int share) => (int)((long)changes.RowCount * share / Shares);

            void Compare(int until)
            {
                if (until > next)
                {
                    Add(next, until - next, changes);
                    next = until;
                }
            }

            void Add(int first, int count, RowChanges? unchanged)
            {
                var start = first * changes.RowByteLength;
                parts.Add(new CopyPart(
                    piece.Source + (nint)start, piece.Target + start, count * changes.RowByteLength, HasChecksum: false, unchanged));
            }
        }

        return new CopiedRows(plan, new CopyTarget(new CopyList(parts), block.Address), epochs, turn);
    }

    /// <summary>Returns the epoch up to which changes of a piece are in the copy.</summary>
    public int EpochOf(PlannedPiece piece) => _epochs[piece];

    /// <summary>
    /// Compares some rows that are not known to have changed, because memory that was written directly, without an operation of libtorch,
    /// may be all of it.
    /// </summary>
    private static bool AreSamplesSame(PlannedPiece piece, RowChanges changes, int since, nint block)
    {
        var step = Math.Max(1, changes.RowCount / Samples);
        for (var row = since % step; row < changes.RowCount; row += step)
        {
            var start = (nint)(row * changes.RowByteLength);
            if (!changes.HasChanged(row, since)
                && !MemoryComparison.AreSame(piece.Source + start, block + (nint)piece.Target + start, changes.RowByteLength))
            {
                return false;
            }
        }

        return true;
    }
}
