namespace Fulgurite.Callbacks;

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
