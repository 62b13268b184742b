using Fulgurite.Callbacks;
using Fulgurite.IO;
using Fulgurite.Metrics;
using Fulgurite.Strategies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fulgurite.Composition;

/// <summary>Puts one trainer together, each part when it is first asked for. Parts are asked for through the container, so that what a user
/// registered or decorated there counts.</summary>
internal sealed class TrainerAssembly(IServiceProvider services, string name)
{
    private readonly List<CheckpointIOLayer> _layers = [.. services.GetKeyedServices<CheckpointIOLayer>(name)];
    private readonly StrategyChoice? _strategy = services.GetKeyedService<StrategyChoice>(name);
    private bool _makingCheckpointIO;
    private bool _madeCheckpointIO;
    private bool _madeStrategy;

    public Trainer MakeTrainer()
    {
        var options = services.GetRequiredService<IOptionsMonitor<TrainerOptions>>().Get(name);

        // A container disposes in reverse order: what hears of checkpoints is made first, so that it outlives the strategy that drains them.
        var loggers = services.GetParts<IMetricLogger>(name).ToList();
        var callbacks = services.GetParts<Callback>(name).ToList();
        if (options.EnableCheckpointing && !callbacks.OfType<Checkpoint>().Any())
        {
            callbacks.Add(new ModelCheckpoint(services.GetRequiredService<IOptionsMonitor<ModelCheckpointOptions>>().Get(name)));
        }

        var strategy = Get<IStrategy>();
        if (_strategy is not null && !_madeStrategy)
        {
            throw new InvalidOperationException(
                $"{TrainerName.Display(name)} is given {_strategy.DisplayName} with AddStrategy, and {strategy.GetType().Name} is registered as IStrategy in the services. Keep one of the two.");
        }

        return new Trainer(strategy, options, callbacks, loggers, services.GetService<ILoggerFactory>());
    }

    public IStrategy MakeStrategy()
    {
        _madeStrategy = true;
        var choice = _strategy ?? DefaultStrategy();
        var given = choice.TakesCheckpointIO ? TakeCheckpointIO() : null;
        var strategy = choice.Make(services, given);
        try
        {
            RefuseUnusedCheckpointIO(strategy, given);
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
            throw new InvalidOperationException(
                $"{TrainerName.Display(name)}: a part of its CheckpointIO asks the container for the CheckpointIO that is being made. In a factory of a wrapper, use the one that is handed in.");
        }

        _makingCheckpointIO = true;
        try
        {
            var chain = new OwnedCheckpointIO(CheckpointIOChain.Make(services, name, _layers));
            _madeCheckpointIO = true;
            return chain;
        }
        finally
        {
            _makingCheckpointIO = false;
        }
    }

    private StrategyChoice DefaultStrategy() => new(
        typeof(SingleDeviceStrategy),
        TakesCheckpointIO: true,
        (provider, io) => new SingleDeviceStrategy(io!, provider.GetRequiredService<IOptionsMonitor<SingleDeviceStrategyOptions>>().Get(name)));

    private T Get<T>()
        where T : class =>
        name.Length == 0 ? services.GetRequiredService<T>() : services.GetRequiredKeyedService<T>(name);

    private CheckpointIO TakeCheckpointIO()
    {
        var io = Get<CheckpointIO>();
        if (_layers.Count > 0 && !_madeCheckpointIO)
        {
            throw new InvalidOperationException(
                $"{TrainerName.Display(name)} is given {Layers()} with AddCheckpointIO, and {io.GetType().Name} is registered as CheckpointIO in the services, where it stands for the whole chain. Write AddCheckpointIO<{io.GetType().Name}>() instead of registering it.");
        }

        return io is OwnedCheckpointIO owned ? owned.HandOver() : io;
    }

    private void RefuseUnusedCheckpointIO(IStrategy strategy, CheckpointIO? given)
    {
        if (given is not null && strategy.SupportsCustomCheckpointIO && Uses(strategy, given))
        {
            return;
        }

        var chosen = Chosen(given);
        if (chosen is null)
        {
            return;
        }

        var type = strategy.GetType().Name;
        throw new InvalidOperationException(
            !strategy.SupportsCustomCheckpointIO
                ? $"{TrainerName.Display(name)} is given {chosen}, and its strategy {type} writes checkpoints itself and supports no custom CheckpointIO. Remove it, or use another strategy."
                : given is null && !Uses(strategy, null)
                    ? $"{TrainerName.Display(name)} is given {chosen}, and its strategy {type} has a CheckpointIO of its own, {strategy.CheckpointIO.GetType().Name}. Give it to one of the two: remove AddCheckpointIO, or write AddStrategy((services, checkpointIO) => new {type}(checkpointIO))."
                    : $"{TrainerName.Display(name)} is given {chosen}, and its strategy {type} uses another, {strategy.CheckpointIO.GetType().Name}. Let its CheckpointIO be the one that it is handed.");
    }

    /// <summary>What was chosen besides the default; null for nothing.</summary>
    private string? Chosen(CheckpointIO? given) =>
        _layers.Count > 0 ? Layers()
        : given is not null && !_madeCheckpointIO ? given.GetType().Name
        : null;

    private static bool Uses(IStrategy strategy, CheckpointIO? given) =>
        strategy.CheckpointIO is OwnedCheckpointIO || (given is not null && ReferenceEquals(strategy.CheckpointIO, given));

    private string Layers() => string.Join(", ", _layers.Select(layer => layer.DisplayName));
}
