namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>Runs of a small module that save into a folder of their own.</summary>
public abstract class SuiteBase : IDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];

    protected SuiteBase() => Folder = Directory.CreateTempSubdirectory("fulgurite-mc").FullName;

    protected string Folder { get; }

    /// <summary>A storage on which every save is durable at once.</summary>
    private protected CountingCheckpointIO InMemory { get; } = new(new Fulgurite.Testing.InMemoryCheckpointIO());

    private protected virtual CountingCheckpointIO Make() => StorageKind.Torch();

    /// <summary>Whether no file is there before a run drains, so that what is superseded is never written.</summary>
    private protected virtual bool IsHeldUntilTheEnd => false;

    public void Dispose()
    {
        _owned.ForEach(owned => owned.DisposeAsync().AsTask().GetAwaiter().GetResult());
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The names of the checkpoints in a folder and those below it, without the bases of increments.</summary>
    protected IReadOnlyList<string> Files(string? folder = null) => Directory.Exists(folder ?? Folder)
        ?
        [
            .. Directory.EnumerateFiles(folder ?? Folder, "*", SearchOption.AllDirectories)
                .Where(path => !string.Equals(Path.GetFileName(Path.GetDirectoryName(path)), "chain", StringComparison.Ordinal))
                .Select(path => Path.GetRelativePath(folder ?? Folder, path))
                .Order(StringComparer.Ordinal),
        ]
        : [];

    /// <summary>The names that steps and epochs of the default template make.</summary>
    protected static string[] Named(params (int Epoch, int Step)[] saves) =>
        [.. saves.Select(save => $"epoch={save.Epoch}-step={save.Step}.ckpt").Order(StringComparer.Ordinal)];

    private protected Fitted Fit(
        Action<ModelCheckpointOptions>? configure = null,
        PolicyModule? module = null,
        int epochs = 1,
        int batches = 4,
        int validations = 1,
        Action<TrainerOptions>? trainer = null,
        IEnumerable<Callback>? others = null,
        string? resume = null,
        TimeProvider? time = null,
        ModelCheckpoint? callback = null,
        CountingCheckpointIO? storage = null,
        IEnumerable<Tensor>? data = null,
        IEnumerable<IMetricLogger>? loggers = null,
        CancellationToken cancellation = default)
    {
        var options = new ModelCheckpointOptions { DirPath = Folder };
        configure?.Invoke(options);
        callback ??= new ModelCheckpoint(options, time);
        var trainerOptions = new TrainerOptions { MaxEpochs = epochs, DefaultRootDirectory = Folder };
        trainer?.Invoke(trainerOptions);
        manual_seed(3);
        var io = storage ?? Make();
        var strategy = new SingleDeviceStrategy(io);
        _owned.Add(strategy);
        module ??= new PolicyModule();
        var made = new Trainer(strategy, trainerOptions, [.. others ?? [], callback], loggers);
        var fitted = new Fitted(made, callback, module, io);
        try
        {
            fitted.Result = made.Fit(
                module, data ?? PolicyModule.Data(batches), validations > 0 ? PolicyModule.Data(validations) : null, resume, cancellation);
        }
        catch (Exception exception)
        {
            fitted.Failure = exception;
        }

        return fitted;
    }

    private protected TrainingState Load(string name)
    {
        var io = Make();
        _owned.Add(io);
        return io.LoadCheckpointAsync(Path.IsPathRooted(name) ? name : Path.Combine(Folder, name), null, CancellationToken.None).Result;
    }

    private protected static StateMap StateOf(TrainingState state, ModelCheckpoint callback) =>
        state["callbacks"].AsMap()[callback.StateKey].AsMap();

    private protected sealed record Fitted(Trainer Trainer, ModelCheckpoint Callback, PolicyModule Module, CountingCheckpointIO IO)
    {
        public FitResult? Result { get; set; }

        public Exception? Failure { get; set; }

        public string? Best => Callback.BestModelPath is { } path ? Path.GetFileName(path) : null;

        public Fitted Succeeded()
        {
            Assert.IsNull(Failure, Failure?.ToString());
            return this;
        }
    }
}
