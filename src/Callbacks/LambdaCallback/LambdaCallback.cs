namespace Fulgurite;

/// <summary>A callback composed of actions, written where the trainer is created.</summary>
/// <example><c>new LambdaCallback().On((OnTrainEpochEndArguments hook) =&gt; Save(hook.Trainer.CurrentEpoch))</c></example>
/// <remarks>It has no state in checkpoints, so a trainer can have any number of them.</remarks>
public sealed class LambdaCallback : Callback, IHookHandler
{
    private readonly Dictionary<Type, Delegate> _actions = [];

    /// <summary>Adds an action for a hook. Several actions for one hook run in the order in which they were added.</summary>
    /// <typeparam name="TArguments">The arguments of the hook, which identify it.</typeparam>
    /// <param name="action">The action.</param>
    /// <returns>This callback.</returns>
    public LambdaCallback On<TArguments>(Action<TArguments> action)
        where TArguments : struct, IHookArguments
    {
        ArgumentNullException.ThrowIfNull(action);
        _actions[typeof(TArguments)] = Delegate.Combine(_actions.GetValueOrDefault(typeof(TArguments)), action);
        return this;
    }

    /// <inheritdoc/>
    public void Handle<TArguments>(TArguments arguments)
        where TArguments : struct, IHookArguments
    {
        if (_actions.TryGetValue(typeof(TArguments), out var action))
        {
            ((Action<TArguments>)action)(arguments);
        }
    }
}
