namespace Fulgurite;

/// <summary>
/// One save on its way through a chain of <see cref="CheckpointIO"/>: its options on the way in, and the results on the way out. A wrapper
/// passes it to the inner implementation together with the state.
/// </summary>
/// <remarks>
/// The context is what makes a save through wrappers return early: <see cref="CheckpointIO.Submit"/> creates it, and an asynchronous
/// implementation further in calls <see cref="Accept"/>. A wrapper that does not pass it on still saves correctly; the training thread then
/// waits until the checkpoint is durable.
/// </remarks>
public sealed class SaveContext
{
    private readonly Results _results;

    /// <summary>Creates a context for a save that is awaited.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    public SaveContext(SaveOptions? options = null)
        : this(options, new Results(path: null))
    {
    }

    /// <summary>Creates a context whose caller runs the work of <see cref="Afterwards"/>.</summary>
    /// <param name="options">The options.</param>
    /// <param name="afterwards">Receives work, which the caller runs once it has reported the checkpoint as durable.</param>
    internal SaveContext(SaveOptions options, Action<Action> afterwards)
        : this(options, new Results(path: null, afterwards))
    {
    }

    private SaveContext(SaveOptions? options, Results results) => (Options, _results) = (options ?? new SaveOptions(), results);

    /// <summary>Gets the options of the save.</summary>
    public SaveOptions Options { get; }

    /// <summary>Gets the options for a custom implementation; null for none.</summary>
    public StorageOptions? Storage => Options.Storage;

    /// <summary>
    /// Gets or sets the length of the checkpoint on storage, in bytes. The implementation that writes it sets it before its task completes.
    /// </summary>
    /// <value>The default is <see langword="null"/>: unknown, and the length of the tensors is reported instead.</value>
    public long? ByteLength
    {
        get => _results.ByteLength;
        set => _results.ByteLength = value;
    }

    /// <summary>Completes with the operation that was accepted for the path of the submission.</summary>
    internal Task<SaveOperation> Accepted => _results.Accepted.Task;

    /// <summary>Returns the same save with other options, for a wrapper that changes them.</summary>
    /// <param name="options">The options.</param>
    public SaveContext With(SaveOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SaveContext(options, _results);
    }

    /// <summary>
    /// Takes over the save: the outermost <see cref="CheckpointIO.Submit"/> returns this operation instead of waiting for the task of the
    /// save. For asynchronous implementations. An operation with another path than that of the submission, and any after the first, is
    /// ignored.
    /// </summary>
    /// <param name="operation">The operation; from now on it reports how the save ends.</param>
    public void Accept(SaveOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (string.Equals(operation.Path, _results.Path, StringComparison.Ordinal))
        {
            _results.Accepted.TrySetResult(operation);
        }
    }

    /// <summary>
    /// Runs work that the checkpoint does not need, such as the removal of what it has replaced: after the checkpoint was reported as
    /// durable, where the caller of the save can do that, otherwise at once. The implementation that writes calls it at the end of a save
    /// that has succeeded. Later operations on the path wait for the work.
    /// </summary>
    /// <param name="work">The work. It reports its own failures.</param>
    public void Afterwards(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (_results.Afterwards is { } later)
        {
            later(work);
        }
        else
        {
            work();
        }
    }

    internal static SaveContext OfSubmission(string path, SaveOptions? options) => new(options, new Results(path));

    /// <summary>The data shared by all contexts of one save.</summary>
    private sealed class Results(string? path, Action<Action>? afterwards = null)
    {
        public string? Path { get; } = path;

        public Action<Action>? Afterwards { get; } = afterwards;

        public TaskCompletionSource<SaveOperation> Accepted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long? ByteLength { get; set; }
    }
}
