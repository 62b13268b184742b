using Fulgurite.Callbacks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>Puts one trainer together, each part when it is first asked for. Parts are asked for through the container, so that what a user
/// registered or decorated there counts.</summary>
internal sealed class TrainerFactory(IServiceProvider services, string name) : IAsyncDisposable, IDisposable
{
    private readonly List<CheckpointIOLayer> _layers = [.. services.GetKeyedServices<CheckpointIOLayer>(name)];
    private readonly StrategyChoice? _strategy = services.GetKeyedService<StrategyChoice>(name);
    private bool _makingCheckpointIO;
    private bool _madeCheckpointIO;
    private bool _madeStrategy;
    private bool _tookStrategy;
    private bool _tookCheckpointIO;

    public Trainer MakeTrainer()
    {
        var options = services.GetRequiredService<IOptionsMonitor<TrainerOptions>>().Get(name);

        // A container disposes in reverse order: what hears of checkpoints is made first, so that it outlives the strategy that drains them.
        var loggers = services.GetParts<IMetricLogger>(name).ToList();
        var callbacks = services.GetParts<Callback>(name).ToList();
        if (options.EnableCheckpointing && !callbacks.OfType<Checkpoint>().Any())
        {
            callbacks.Add(new ModelCheckpoint(
                services.GetRequiredService<IOptionsMonitor<ModelCheckpointOptions>>().Get(name),
                services.GetService<TimeProvider>(),
                services.GetService<ILogger<ModelCheckpoint>>()));
        }

        var strategy = Get<IStrategy>();
        if (_strategy is not null && !_madeStrategy)
        {
            throw new InvalidOperationException(
                $"{TrainerName.Display(name)} is given {_strategy.DisplayName} with AddStrategy, and {strategy.GetType().Name} is registered as IStrategy in the services. Keep one of the two.");
        }

        var loggerFactory = services.GetService<ILoggerFactory>();
        var trainer = new Trainer(strategy, options, callbacks, loggers, loggerFactory, services.GetService<TimeProvider>()) { Name = name };
        if (loggerFactory?.CreateLogger<Trainer>() is { } logger && logger.IsEnabled(LogLevel.Debug))
        {
            CompositionLog.Composed(logger, TrainerName.Display(name), trainer.Describe());
        }

        return trainer;
    }

    public IStrategy MakeStrategy()
    {
        _madeStrategy = true;
        var choice = _strategy ?? DefaultStrategy();
        var given = choice.TakesCheckpointIO ? Get<CheckpointIO>() : null;
        RefuseUnusedLayers(given);
        var owned = given as OwnedCheckpointIO;
        var handed = owned is null ? given : owned.Inner;
        _tookStrategy = true;
        var strategy = choice.Make(services, handed);
        try
        {
            RefuseUnusedCheckpointIO(strategy, given, handed);

            // Not before: where the strategy cannot be made or is refused, the chain is still the container's to dispose.
            owned?.HandOver();
        }
        catch
        {
            strategy.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }

        return strategy;
    }

    public OwnedCheckpointIO MakeCheckpointIO()
    {
        // The container calls this one at a time, so that being in here already means that the chain asks for itself.
        if (_makingCheckpointIO)
        {
            throw Circle(null);
        }

        _makingCheckpointIO = true;
        try
        {
            _tookCheckpointIO = true;
            var chain = new OwnedCheckpointIO(CheckpointIOChain.Make(services, name, _layers));
            _madeCheckpointIO = true;
            return chain;
        }
        catch (InvalidOperationException exception) when (IsCircle(exception))
        {
            throw Circle(exception);
        }
        finally
        {
            _makingCheckpointIO = false;
        }
    }

    /// <summary>Whether the container found out first. Its exception has no type of its own; the message names the service.</summary>
    private static bool IsCircle(InvalidOperationException exception) =>
        exception.Message.Contains("circular", StringComparison.OrdinalIgnoreCase) && exception.Message.Contains($"'{typeof(CheckpointIO).FullName}'", StringComparison.Ordinal);

    private InvalidOperationException Circle(Exception? inner) => new(
        $"{TrainerName.Display(name)}: a part of its CheckpointIO asks the container for the CheckpointIO that is being made. In a factory of a wrapper, use the one that is handed in.",
        inner);

    /// <summary>Instances belong to the trainer from the call on, even where there comes to be none because something is wrong with it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_tookStrategy && _strategy?.Instance is { } strategy)
        {
            await strategy.DisposeAsync().ConfigureAwait(false);
        }

        if (!_tookCheckpointIO && _layers.Find(layer => layer.Instance is not null)?.Instance is { } checkpointIO)
        {
            await checkpointIO.DisposeAsync().ConfigureAwait(false);
        }

        (_tookStrategy, _tookCheckpointIO) = (true, true);
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private StrategyChoice DefaultStrategy() => new(
        typeof(SingleDeviceStrategy),
        TakesCheckpointIO: true,
        (provider, io) => new SingleDeviceStrategy(io!, provider.GetRequiredService<IOptionsMonitor<SingleDeviceStrategyOptions>>().Get(name)));

    private T Get<T>()
        where T : class =>
        name.Length == 0 ? services.GetRequiredService<T>() : services.GetRequiredKeyedService<T>(name);

    private void RefuseUnusedLayers(CheckpointIO? given)
    {
        if (_layers.Count > 0 && given is not null && !_madeCheckpointIO)
        {
            var type = given.GetType().Name;
            throw new InvalidOperationException(
                $"{TrainerName.Display(name)} is given {Layers()} with AddCheckpointIO, and {type} is registered as CheckpointIO in the services, where it stands for the whole chain. Write AddCheckpointIO<{type}>() instead of registering it.");
        }
    }

    /// <summary>What was chosen must be what the strategy uses; it is never ignored silently.</summary>
    /// <param name="strategy">The strategy.</param>
    /// <param name="given">What the container has for it; null if it takes none.</param>
    /// <param name="handed">The same without the container's hold on it.</param>
    private void RefuseUnusedCheckpointIO(IStrategy strategy, CheckpointIO? given, CheckpointIO? handed)
    {
        var available = given ?? (_layers.Count == 0 ? Get<CheckpointIO>() : null);
        var chosen = _layers.Count > 0 ? Layers() : available is OwnedCheckpointIO ? null : available?.GetType().Name;
        var used = strategy.CheckpointIO;
        if (chosen is null || (strategy.SupportsCustomCheckpointIO && (used is OwnedCheckpointIO || used == handed || used == available)))
        {
            return;
        }

        throw new InvalidOperationException(CheckpointIOConflict.Message(name, chosen, strategy, isHanded: handed is not null));
    }

    private string Layers() => CheckpointIOConflict.Names(_layers);
}
