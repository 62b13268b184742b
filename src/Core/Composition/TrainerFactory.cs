using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>
/// Creates the parts of one trainer, each when it is first resolved. Parts are resolved through the container, so that registrations and
/// decorators of a user count.
/// </summary>
/// <remarks>
/// Ownership: the container disposes what is created here, except the chain of <see cref="CheckpointIO"/> once a strategy has taken it
/// (<see cref="OwnedCheckpointIO"/>). Instances that a user handed to the builder are owned by the factory until a part takes them.
/// </remarks>
internal sealed class TrainerFactory : IAsyncDisposable, IDisposable
{
    private readonly IServiceProvider _services;
    private readonly string _name;
    private readonly DefaultParts _defaults;
    private readonly List<CheckpointIOLayer> _layers;
    private readonly StrategyChoice? _choice;
    private readonly CheckpointIOChain _chain;
    private readonly List<IAsyncDisposable> _owned;

    // Null where a registration of the user took the place of the part.
    private IStrategy? _strategy;
    private OwnedCheckpointIO? _checkpointIO;

    public TrainerFactory(IServiceProvider services, string name, DefaultParts defaults)
    {
        (_services, _name, _defaults) = (services, name, defaults);
        _layers = [.. services.GetKeyedServices<CheckpointIOLayer>(name)];
        _choice = services.GetKeyedService<StrategyChoice>(name);
        _chain = new CheckpointIOChain(services, name, _layers, defaults.CheckpointIO);
        IAsyncDisposable?[] instances = [.. _layers.Select(layer => layer.Instance), _choice?.Instance];
        _owned = [.. instances.OfType<IAsyncDisposable>()];
    }

    public Trainer CreateTrainer()
    {
        var options = _services.GetRequiredService<IOptionsMonitor<TrainerOptions>>().Get(_name);

        // A container disposes in reverse order: loggers and callbacks are created first, so that they outlive the strategy that ends the
        // saves.
        var loggers = _services.GetParts<IMetricLogger>(_name).ToList();
        var callbacks = _services.GetParts<Callback>(_name).ToList();
        if (options.EnableCheckpointing && !callbacks.OfType<Checkpoint>().Any())
        {
            callbacks.Add(_defaults.Checkpoint(_services, _name));
        }

        var strategy = Get<IStrategy>();
        if (_choice is not null && _strategy is null)
        {
            throw new InvalidOperationException(
                $"{TrainerNames.Display(_name)} is given {_choice.DisplayName} with AddStrategy, "
                    + $"and {strategy.GetType().Name} is registered as IStrategy "
                + "in the services. Keep one of the two.");
        }

        var loggerFactory = _services.GetService<ILoggerFactory>();
        var trainer =
            new Trainer(strategy, options, callbacks, loggers, loggerFactory, _services.GetService<TimeProvider>()) { Name = _name };
        if (loggerFactory?.CreateLogger<Trainer>() is { } logger && logger.IsEnabled(LogLevel.Debug))
        {
            CompositionLog.Composed(logger, TrainerNames.Display(_name), trainer.Describe());
        }

        return trainer;
    }

    public IStrategy CreateStrategy()
    {
        var choice = _choice
            ?? new StrategyChoice(Type: null, TakesCheckpointIO: true, (services, io) => _defaults.Strategy(services, _name, io!));
        var given = choice.TakesCheckpointIO ? Get<CheckpointIO>() : null;
        RefuseUnusedLayers(given);
        var envelope = given as OwnedCheckpointIO;
        var handed = envelope?.Inner ?? given;
        _strategy = choice.Make(_services, handed);
        Release(choice.Instance);
        try
        {
            RefuseUnusedCheckpointIO(_strategy, given, handed);
            envelope?.HandOver();
        }
        catch
        {
            _strategy.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }

        return _strategy;
    }

    public OwnedCheckpointIO CreateCheckpointIO()
    {
        _layers.ForEach(layer => Release(layer.Instance));
        return _checkpointIO = new OwnedCheckpointIO(_chain.Build());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in Enumerable.Reverse(_owned).ToList())
        {
            Release(instance);
            await instance.DisposeAsync().ConfigureAwait(false);
        }
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private void Release(IAsyncDisposable? instance)
    {
        if (instance is not null)
        {
            _owned.Remove(instance);
        }
    }

    private T Get<T>()
        where T : class =>
        _name.Length == 0 ? _services.GetRequiredService<T>() : _services.GetRequiredKeyedService<T>(_name);

    private void RefuseUnusedLayers(CheckpointIO? given)
    {
        if (_layers.Count > 0 && given is not null && _checkpointIO is null)
        {
            var type = given.GetType().Name;
            throw new InvalidOperationException(
                $"{TrainerNames.Display(_name)} is given {CheckpointIOConflict.Names(_layers)} with AddCheckpointIO, "
                    + $"and {type} is registered as "
                + "CheckpointIO in the services, where it stands for the whole chain. "
                + $"Write AddCheckpointIO<{type}>() instead of registering it.");
        }
    }

    /// <summary>Refuses a chosen <see cref="CheckpointIO"/> that the strategy does not use: a choice is never ignored silently.</summary>
    /// <param name="strategy">The strategy.</param>
    /// <param name="given">The <see cref="CheckpointIO"/> of the container; null if the strategy takes none.</param>
    /// <param name="handed">The same without the envelope of the container.</param>
    private void RefuseUnusedCheckpointIO(IStrategy strategy, CheckpointIO? given, CheckpointIO? handed)
    {
        var available = given ?? (_layers.Count == 0 ? Get<CheckpointIO>() : null);
        var chosen = _layers.Count > 0 ? CheckpointIOConflict.Names(_layers)
            : available is OwnedCheckpointIO ? null
            : available?.GetType().Name;
        var used = strategy.CheckpointIO;
        if (chosen is null || (strategy.SupportsCustomCheckpointIO && (used is OwnedCheckpointIO || used == handed || used == available)))
        {
            return;
        }

        throw new InvalidOperationException(CheckpointIOConflict.Message(_name, chosen, strategy, isHanded: handed is not null));
    }
}

/// <summary>The messages about a <see cref="CheckpointIO"/> that was chosen for a trainer and that its strategy does not use.</summary>
internal static class CheckpointIOConflict
{
    /// <param name="trainer">The name of the trainer.</param>
    /// <param name="chosen">The chosen layers.</param>
    /// <param name="strategy">The strategy.</param>
    /// <param name="isHanded">Whether the strategy was handed what was chosen.</param>
    public static string Message(string trainer, string chosen, IStrategy strategy, bool isHanded)
    {
        var (type, used) = (strategy.GetType().Name, strategy.CheckpointIO.GetType().Name);
        return $"{TrainerNames.Display(trainer)} is given {chosen}, and its strategy {type} "
            + (strategy.SupportsCustomCheckpointIO, isHanded) switch
            {
                (false, _) => "writes checkpoints itself and supports no custom CheckpointIO. Remove it, or use another strategy.",
                (true, false) => $"has a CheckpointIO of its own, {used}. Give it to one of the two: remove the one of the trainer, "
                    + $"or write AddStrategy((services, checkpointIO) => new {type}(checkpointIO)).",
                _ => $"uses another, {used}. Let its CheckpointIO be the one that it is handed.",
            };
    }

    /// <summary>The layers of a trainer in messages.</summary>
    public static string Names(IEnumerable<CheckpointIOLayer> layers) => string.Join(", ", layers.Select(layer => layer.DisplayName));
}

/// <summary>The log messages of composition.</summary>
internal static partial class CompositionLog
{
    [LoggerMessage(5100, LogLevel.Debug, "{Trainer} is made of:\n{Description}")]
    public static partial void Composed(ILogger logger, string trainer, TrainerDescription description);
}
