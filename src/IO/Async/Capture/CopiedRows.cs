using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>What a block of memory has of the pieces whose rows are recorded: the epoch of the content of each row.</summary>
/// <remarks>
/// A row that has not changed since its epoch is that of the live tensor. This stays true where a copy is aborted, so that the next one
/// continues it. A direct write before the first copy is found by the hashes of the copy.
/// </remarks>
/// <param name="plan">The plan, which determines where the pieces are.</param>
internal sealed class CopiedRows(CapturePlan plan)
{
    /// <summary>Gets the plan.</summary>
    public CapturePlan Plan => plan;

    /// <summary>Gets the epochs of the rows of each piece; 0 before the first copy, negative while a thread copies.</summary>
    public int[][] Epochs { get; } = Array.ConvertAll(plan.RowPieces, piece => new int[piece.Changes!.RowCount]);

    /// <summary>Gets an object that stands for this memory, and keeps nothing else alive.</summary>
    public object Identity { get; } = new();

    /// <summary>Gets or sets how many captures have begun, which selects the rows to compare.</summary>
    public int Turn { get; set; }
}

/// <summary>
/// The copy of the rows of a capture: those that changed since the memory of the snapshot got them, and all in new memory. It does not end
/// at the mutation fence: a step copies the rows that it changes before it does, and other threads the rest.
/// </summary>
internal sealed class RowCopy
{
    /// <summary>The rows of each piece that a capture compares before it relies on the changes.</summary>
    private const int Samples = 64;

    /// <summary>In how many captures all rows that have not changed are compared once.</summary>
    private const int Shares = 32;

    private readonly PieceCopy[] _pieces;

    private RowCopy(CopiedRows rows, PieceCopy[] pieces)
    {
        (Identity, _pieces) = (rows.Identity, pieces);
        ChunkCount = pieces.Sum(piece => piece.ChunkCount);
    }

    public int ChunkCount { get; }

    /// <summary>Gets the object that stands for the memory of the snapshot.</summary>
    public object Identity { get; }

    /// <summary>Gets the bytes that were copied so far.</summary>
    public long CopiedBytes => _pieces.Sum(piece => piece.CopiedBytes);

    /// <summary>Gets the record of bytes that changed without a record; null if there is none.</summary>
    public RowChanges? Differing => Array.Find(_pieces, piece => piece.IsDifferent)?.Changes;

    /// <summary>Ends the epoch of all pieces and plans the copy of their rows. On the thread of the run.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="block">The memory of the snapshot.</param>
    /// <returns>null if the plan has no such pieces.</returns>
    public static RowCopy? Begin(CapturePlan plan, ArenaBlock block)
    {
        if (plan.RowPieces.Length == 0)
        {
            block.Rows = null;
            return null;
        }

        var rows = block.Rows?.Plan == plan ? block.Rows : new CopiedRows(plan);
        block.Rows = rows;
        rows.Turn++;
        var pieces = new PieceCopy[plan.RowPieces.Length];
        for (var index = 0; index < pieces.Length; index++)
        {
            var piece = plan.RowPieces[index];
            var changes = piece.Changes!;
            if (!AreSamplesSame(piece, rows.Epochs[index], rows.Turn, block.Address))
            {
                changes.MarkAll();
            }

            pieces[index] = new PieceCopy(
                piece, block.Address, rows.Epochs[index], changes.EndEpoch(), ShareStart(rows.Turn % Shares),
                ShareStart((rows.Turn % Shares) + 1));

            int ShareStart(int share) => (int)((long)changes.RowCount * share / Shares);
        }

        return new RowCopy(rows, pieces);
    }

    /// <summary>Returns the epoch of a piece in the snapshot.</summary>
    public int EpochOf(PlannedPiece piece) => Array.Find(_pieces, copy => copy.Piece == piece)!.Epoch;

    /// <summary>Lets steps copy rows that they change before the copy is complete. On the thread of the run.</summary>
    /// <param name="job">The job that has this copy.</param>
    public void Register(CopyJob job) => Array.ForEach(_pieces, piece => piece.Register(job));

    /// <summary>Copies what has changed of one chunk.</summary>
    public void Copy(int chunk)
    {
        var index = 0;
        for (; chunk >= _pieces[index].ChunkCount; index++)
        {
            chunk -= _pieces[index].ChunkCount;
        }

        _pieces[index].Copy(chunk);
    }

    /// <summary>
    /// Finds changes without a record, after which the tensors may change in any way. Called once no thread copies rows; further calls have
    /// no effect.
    /// </summary>
    public void EndReading() => Array.ForEach(_pieces, static piece => piece.EndReading());

    /// <summary>
    /// Compares some rows that are not known to have changed, because memory that was written directly, without an operation of libtorch,
    /// may be all of it.
    /// </summary>
    private static bool AreSamplesSame(PlannedPiece piece, int[] epochs, int turn, nint block)
    {
        var changes = piece.Changes!;
        var step = Math.Max(1, changes.RowCount / Samples);
        for (var row = turn % step; row < changes.RowCount; row += step)
        {
            var start = (nint)(row * changes.RowByteLength);
            if (!changes.HasChanged(row, epochs[row])
                && !MemoryComparison.AreSame(piece.Source + start, block + (nint)piece.Target + start, changes.RowByteLength))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The copy of one piece. A thread claims a row in the epochs before it reads it.</summary>
    private sealed unsafe class PieceCopy(PlannedPiece piece, nint block, int[] epochs, int epoch, int firstCompared, int endCompared)
        : IRowReader
    {
        private const int Claimed = -1;

        /// <summary>How many bytes are copied at a time: a step that needs one of the rows waits for all of them.</summary>
        private const int RunBytes = 64 << 10;

        private readonly long _rowBytes = piece.Changes!.RowByteLength;

        /// <summary>The job while it copies. Set by the thread of the run, removed by that which ends the job.</summary>
        private volatile CopyJob? _job;

        /// <summary>Set and removed like the job.</summary>
        private IDisposable? _registration;
        private long _copiedRows;

        public PlannedPiece Piece => piece;

        public RowChanges Changes => piece.Changes!;

        public int Epoch => epoch;

        public long CopiedBytes => Interlocked.Read(ref _copiedRows) * _rowBytes;

        /// <summary>Gets a value indicating whether rows changed without a record. Written by any thread.</summary>
        public bool IsDifferent
        {
            get => Volatile.Read(ref field);
            private set => Volatile.Write(ref field, value);
        }

        public bool IsDone => _job is null;

        public int ChunkCount => (int)((epochs.Length + RowsOfChunk - 1) / RowsOfChunk);

        private long RowsOfChunk => Math.Max(1, CopyList.ChunkBytes / _rowBytes);

        public void Register(CopyJob job)
        {
            _job = job;
            _registration = Changes.AddReader(this);
        }

        public void EndReading()
        {
            _registration?.Dispose();
            _job = null;
        }

        public void Copy(int chunk)
        {
            var first = (int)(chunk * RowsOfChunk);
            var end = (int)Math.Min(epochs.Length, first + RowsOfChunk);
            CopyChanged(first, end);
            for (var row = Math.Max(first, firstCompared); row < Math.Min(end, endCompared); row++)
            {
                // One that has changed was copied, or another thread is copying it.
                if (TryClaim(row) is >= 0 and var before)
                {
                    Compare(row, before);
                }
            }
        }

        public void BeforeChange(ReadOnlySpan<long> rows)
        {
            var job = _job;
            if (job?.TryEnter() != true)
            {
                return;
            }

            foreach (var row in rows)
            {
                if (ClaimOrWait((int)row) >= 0)
                {
                    CopyClaimed((int)row, 1);
                }
            }

            job.Leave();
        }

        public void BeforeChangeOfAll()
        {
            var job = _job;
            if (job?.TryEnter() != true)
            {
                return;
            }

            // First what no other thread is copying; the others are waited for at the end.
            CopyChanged(0, epochs.Length);
            for (var row = 0; row < epochs.Length; row++)
            {
                if (ClaimOrWait(row) is >= 0 and var before)
                {
                    if (Changes.HasChanged(row, before))
                    {
                        CopyClaimed(row, 1);
                    }
                    else
                    {
                        // As in the snapshot; compared no more.
                        Volatile.Write(ref epochs[row], epoch);
                    }
                }
            }

            job.Leave();
        }

        public void OnOtherChange() => IsDifferent |= !IsDone;

        private void CopyChanged(int first, int end)
        {
            for (var row = Changes.FindChanged(first, end, epochs); row < end; row = Changes.FindChanged(row, end, epochs))
            {
                row = NeedsCopy(row) ? CopyRun(row, end) : row + 1;
            }
        }

        private bool NeedsCopy(int row)
        {
            var before = Volatile.Read(ref epochs[row]);
            return before != epoch && before != Claimed && Changes.HasChanged(row, before);
        }

        /// <returns>The first row after those that were copied.</returns>
        private int CopyRun(int first, int end)
        {
            end = (int)Math.Min(end, first + Math.Max(1, RunBytes / _rowBytes));
            var row = first;
            while (row < end && NeedsCopy(row) && TryClaim(row) >= 0)
            {
                row++;
            }

            CopyClaimed(first, row - first);
            return Math.Max(row, first + 1);
        }

        private void Compare(int row, int before)
        {
            var start = (nint)(row * _rowBytes);
            if (MemoryComparison.AreSame(piece.Source + start, block + (nint)piece.Target + start, _rowBytes))
            {
                Volatile.Write(ref epochs[row], before);
                return;
            }

            Changes.Invalidate();
            IsDifferent = true;
            CopyClaimed(row, 1);
        }

        /// <summary>Claims a row; waits where another thread copies it.</summary>
        /// <returns>The epoch of the row; negative if it is that of the snapshot already.</returns>
        private int ClaimOrWait(int row)
        {
            var spin = default(SpinWait);
            while (Volatile.Read(ref epochs[row]) != epoch)
            {
                if (TryClaim(row) is >= 0 and var before)
                {
                    return before;
                }

                spin.SpinOnce();
            }

            return -1;
        }

        /// <returns>The epoch of the row; negative if it was not claimed.</returns>
        private int TryClaim(int row)
        {
            var before = Volatile.Read(ref epochs[row]);
            return before != epoch && before != Claimed && Interlocked.CompareExchange(ref epochs[row], Claimed, before) == before
                ? before
                : -1;
        }

        private void CopyClaimed(int first, int count)
        {
            var (start, length) = ((nint)(first * _rowBytes), count * _rowBytes);
            Buffer.MemoryCopy((void*)(piece.Source + start), (void*)(block + (nint)piece.Target + start), length, length);
            for (var row = first; row < first + count; row++)
            {
                Volatile.Write(ref epochs[row], epoch);
            }

            Interlocked.Add(ref _copiedRows, count);
        }
    }
}
