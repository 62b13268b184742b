namespace TorchSharp;

// From a scope to another one, or to none. What the scope does not own stays where it is.
public sealed partial class DisposeScope
{
    public T MoveToOuter<T>(T disposable)
        where T : IDisposable => MoveToOther(OuterScope, disposable);

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable => MoveToOther(OuterScope, first, second);

    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable
        where T2 : IDisposable
        where T3 : IDisposable => MoveToOther(OuterScope, first, second, third);

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOther(OuterScope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(OuterScope, disposables);

    public T MoveToOther<T>(DisposeScope? scope, T disposable)
        where T : IDisposable
    {
        ThrowIfDisposed();
        Move(scope, disposable);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOther<T1, T2>(DisposeScope? scope, T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable
    {
        ThrowIfDisposed();
        Move(scope, first);
        Move(scope, second);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) MoveToOther<T1, T2, T3>(DisposeScope? scope, T1 first, T2 second, T3 third)
        where T1 : IDisposable
        where T2 : IDisposable
        where T3 : IDisposable
    {
        ThrowIfDisposed();
        Move(scope, first);
        Move(scope, second);
        Move(scope, third);
        return (first, second, third);
    }

    public void MoveToOther(DisposeScope? scope, params IDisposable[] disposables) => MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        ThrowIfDisposed();
        foreach (var disposable in disposables)
        {
            Move(scope, disposable);
        }
    }

    public T Detach<T>(T disposable)
        where T : IDisposable => MoveToOther(null, disposable);

    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable => MoveToOther(null, first, second);

    public (T1 first, T2 second, T3 third) Detach<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable
        where T2 : IDisposable
        where T3 : IDisposable => MoveToOther(null, first, second, third);

    public void Detach(params IDisposable[] disposables) => MoveToOther(null, (IEnumerable<IDisposable>)disposables);

    public void Detach(IEnumerable<IDisposable> disposables) => MoveToOther(null, disposables);

    public void Attach(IDisposable disposable)
    {
        ThrowIfDisposed();
        AttachOne(disposable);
    }

    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        ThrowIfDisposed();
        var attached = disposables.ToList();
        attached.ForEach(AttachOne);
        return attached;
    }

    /// <summary>Puts <paramref name="replacement"/> where <paramref name="original"/> is, if that is in a scope.</summary>
    internal static void ReplaceWith(torch.Tensor original, torch.Tensor replacement)
    {
        if (original.OwningDisposeScope is { } scope)
        {
            scope.Remove(original);
            replacement.OwningDisposeScope?.Remove(replacement);
            scope.Add(replacement);
        }
    }

    private void Move(DisposeScope? scope, IDisposable disposable)
    {
        if (disposable is not IScopeMember member || !ReferenceEquals(member.OwningDisposeScope, this))
        {
            return;
        }

        Remove(member);
        if (scope is null)
        {
            member.StatisticsOf(_manager!.StatisticsInstance).DetachedFromScopeCount++;
        }
        else
        {
            scope.Add(member);
        }
    }

    private void AttachOne(IDisposable disposable)
    {
        if (disposable is not IScopeMember member)
        {
            throw new InvalidOperationException($"A dispose scope owns tensors and packed sequences, not a {disposable?.GetType().Name ?? "null"}.");
        }

        if (ReferenceEquals(member.OwningDisposeScope, this))
        {
            return;
        }

        if (member.OwningDisposeScope is { } old)
        {
            old.Remove(member);
        }
        else
        {
            member.StatisticsOf(_manager!.StatisticsInstance).AttachedToScopeCount++;
        }

        Add(member);
    }
}
