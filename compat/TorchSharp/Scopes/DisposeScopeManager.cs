namespace TorchSharp;

/// <summary>The stack of dispose scopes of a thread, and what it counts.</summary>
public class DisposeScopeManager
{
    [ThreadStatic]
    private static DisposeScopeManager? _ofThread;

    public static ThreadDisposeScopeStatistics Statistics => ThreadSingleton.StatisticsInstance;

    internal static DisposeScopeManager ThreadSingleton => _ofThread ??= new DisposeScopeManager();

    internal ThreadDisposeScopeStatistics StatisticsInstance { get; } = new();

    internal DisposeScope? CurrentDisposeScope { get; private set; }

    internal void Register(IScopeMember member)
    {
        if (CurrentDisposeScope is { } scope)
        {
            member.StatisticsOf(StatisticsInstance).CreatedInScopeCount++;
            scope.Add(member);
        }
        else
        {
            member.StatisticsOf(StatisticsInstance).CreatedOutsideScopeCount++;
        }
    }

    internal void Disposing(IScopeMember member)
    {
        if (member.OwningDisposeScope is { } scope)
        {
            member.StatisticsOf(StatisticsInstance).DisposedInScopeCount++;
            scope.Remove(member);
        }
        else
        {
            member.StatisticsOf(StatisticsInstance).DisposedOutsideScopeCount++;
        }
    }

    internal DisposeScope NewDisposeScope() => CurrentDisposeScope = new DisposeScope(this);

    /// <summary>Scopes nearly always end innermost first; one that ends earlier is taken out of the chain.</summary>
    internal void RemoveDisposeScope(DisposeScope scope)
    {
        if (ReferenceEquals(CurrentDisposeScope, scope))
        {
            CurrentDisposeScope = scope.OuterScope;
            return;
        }

        for (var inner = CurrentDisposeScope; inner is not null; inner = inner.OuterScope)
        {
            if (ReferenceEquals(inner.OuterScope, scope))
            {
                inner.OuterScope = scope.OuterScope;
                return;
            }
        }
    }
}
