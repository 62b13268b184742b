namespace Fulgurite.Tests.Core.Doubles;

/// <summary>Counts what a piece of code leaves behind: tensors that it did not dispose itself, on any thread.</summary>
/// <remarks>
/// TorchSharp 0.107 counts a <c>Parameter</c> that is made of a tensor twice, the tensor whose handle it takes over being never counted
/// off, so that <see cref="Tensor.TotalCount"/> grows with every module that is made although nothing is alive. Name what makes modules
/// apart, therefore.
/// </remarks>
internal static class LiveTensors
{
    /// <summary>
    /// Counts live tensors once no finalizer changes the count any more, so that the garbage of other tests does not come off later.
    /// </summary>
    public static long Count()
    {
        for (var last = long.MinValue; ; last = Tensor.TotalCount)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            if (Tensor.TotalCount == last)
            {
                return last;
            }
        }
    }

    /// <summary>The tensors that an action leaves behind, those included that only a finalizer disposes.</summary>
    /// <param name="run">The action.</param>
    /// <param name="makeModules">Makes and disposes the modules of the action and nothing else.</param>
    public static long LeftBy(Action run, Action makeModules)
    {
        // Once before counting, so that what a process keeps for good is made.
        run();
        makeModules();
        return GrowthBy(run) - GrowthBy(makeModules);
    }

    /// <summary>By how much an action changes TorchSharp's count.</summary>
    public static long GrowthBy(Action run)
    {
        var before = Count();
        run();
        return Tensor.TotalCount - before;
    }
}
