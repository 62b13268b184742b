namespace TorchSharp;

/// <summary>What a dispose scope can own. Each member knows its place, so that joining and leaving a scope cost no look-up.</summary>
internal interface IScopeMember : IDisposable
{
    DisposeScope? OwningDisposeScope { get; set; }

    int ScopeSlot { get; set; }

    /// <summary>Which of a thread's statistics count it.</summary>
    LifetimeStatistics StatisticsOf(ThreadDisposeScopeStatistics statistics);
}
