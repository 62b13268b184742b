namespace Fulgurite;

/// <summary>The arguments of a hook of <see cref="Callback"/>. Every hook has its own type, which identifies it.</summary>
public interface IHookArguments
{
    /// <summary>Calls the hook on a callback.</summary>
    internal void Call(Callback callback);
}

/// <summary>The arguments of a hook of a module.</summary>
internal interface IModuleHookArguments
{
    /// <summary>Calls the hook on a module.</summary>
    void Call(ModuleHooks module);
}

/// <summary>A callback that receives every hook in one method, in addition to the methods of <see cref="Callback"/>.</summary>
/// <remarks>It can record or forward all hooks without listing them, and receives new hooks without a change.</remarks>
public interface IHookHandler
{
    /// <summary>Called for every hook of the run, before the method of that hook.</summary>
    /// <typeparam name="TArguments">The arguments of the hook, which identify it, e.g. <see cref="OnTrainBatchEndArguments"/>.</typeparam>
    /// <param name="arguments">The arguments.</param>
    void Handle<TArguments>(TArguments arguments)
        where TArguments : struct, IHookArguments;
}
