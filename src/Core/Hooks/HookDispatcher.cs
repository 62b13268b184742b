using System.Runtime.ExceptionServices;

namespace Fulgurite;

/// <summary>Calls the hooks of one run on its callbacks and its module, in the documented order.</summary>
/// <remarks>The arguments identify the hook. Called in every step, so they are passed by reference without boxing or allocation.</remarks>
internal sealed class HookDispatcher(TrainingModule module, CallbackList callbacks)
{
    /// <summary>Calls a hook on the callbacks, then on the module.</summary>
    public void Call<TArguments>(TArguments arguments)
        where TArguments : struct, IHookArguments, IModuleHookArguments
    {
        Call(callbacks.All, ref arguments);
        arguments.Call(module);
    }

    /// <summary>Calls a hook that modules do not have.</summary>
    public void CallCallbacks<TArguments>(TArguments arguments)
        where TArguments : struct, IHookArguments => Call(callbacks.All, ref arguments);

    /// <summary>Calls a hook that callbacks do not have.</summary>
    public void CallModule<TArguments>(TArguments arguments)
        where TArguments : struct, IModuleHookArguments => arguments.Call(module);

    /// <summary>Calls a hook on the module, then on the callbacks.</summary>
    public void CallModuleFirst<TArguments>(TArguments arguments, bool includeCheckpoints = true)
        where TArguments : struct, IHookArguments, IModuleHookArguments
    {
        arguments.Call(module);
        Call(includeCheckpoints ? callbacks.All : callbacks.Observers, ref arguments);
    }

    /// <summary>Calls a hook on the callbacks that save no checkpoints, then on the module, then on those that save checkpoints.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="beforeCheckpoints">Runs between the module and the checkpoint callbacks.</param>
    public void CallCheckpointsLast<TArguments>(TArguments arguments, Action beforeCheckpoints)
        where TArguments : struct, IHookArguments, IModuleHookArguments
    {
        Call(callbacks.Observers, ref arguments);
        arguments.Call(module);
        beforeCheckpoints();
        Call(callbacks.Savers, ref arguments);
    }

    /// <summary>Calls a hook of the end of a run on all callbacks, even if one throws. The first exception is thrown afterwards.</summary>
    public void CallAllCallbacks<TArguments>(TArguments arguments)
        where TArguments : struct, IHookArguments => CallEach(ref arguments)?.Throw();

    /// <summary>
    /// Calls a hook of the end of a run on all callbacks and the module, even if one throws. The first exception is thrown afterwards.
    /// </summary>
    public void CallAll<TArguments>(TArguments arguments)
        where TArguments : struct, IHookArguments, IModuleHookArguments
    {
        var failure = CallEach(ref arguments);
        try
        {
            arguments.Call(module);
        }
        catch (Exception exception)
        {
            failure ??= ExceptionDispatchInfo.Capture(exception);
        }

        failure?.Throw();
    }

    private static void Call<TArguments>(ReadOnlySpan<Callback> callbacks, ref TArguments arguments)
        where TArguments : struct, IHookArguments
    {
        foreach (var callback in callbacks)
        {
            Call(callback, ref arguments);
        }
    }

    private static void Call<TArguments>(Callback callback, ref TArguments arguments)
        where TArguments : struct, IHookArguments
    {
        if (callback is IHookHandler handler)
        {
            handler.Handle(arguments);
        }

        arguments.Call(callback);
    }

    private ExceptionDispatchInfo? CallEach<TArguments>(ref TArguments arguments)
        where TArguments : struct, IHookArguments
    {
        ExceptionDispatchInfo? failure = null;
        foreach (var callback in callbacks.All)
        {
            try
            {
                Call(callback, ref arguments);
            }
            catch (Exception exception)
            {
                failure ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        return failure;
    }
}
