namespace TorchSharp;

/// <summary>
/// Owns the tensors that its thread makes while it is the innermost scope, and disposes them at its end. Not thread safe: a
/// scope belongs to the thread that opened it.
/// </summary>
public sealed partial class DisposeScope : IDisposable
{
    private readonly List<IScopeMember> _members = [];
    private DisposeScopeManager? _manager;

    internal DisposeScope(DisposeScopeManager manager)
    {
        _manager = manager;
        OuterScope = manager.CurrentDisposeScope;
    }

    public IReadOnlyList<IDisposable> DisposablesView
    {
        get
        {
            ThrowIfDisposed();
            return _members.ToArray();
        }
    }

    public int DisposablesCount
    {
        get
        {
            ThrowIfDisposed();
            return _members.Count;
        }
    }

    internal DisposeScope? OuterScope { get; set; }

    public bool Contains(IDisposable disposable) => disposable is IScopeMember member && ReferenceEquals(member.OwningDisposeScope, this);

    public void Dispose()
    {
        if (_manager is null)
        {
            return;
        }

        DisposeEverything();
        _manager.RemoveDisposeScope(this);
        _manager = null;
    }

    public void DisposeEverything()
    {
        ThrowIfDisposed();
        DisposeAll(_members);
    }

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        ThrowIfDisposed();
        var keep = new HashSet<IDisposable>(inKeep, ReferenceEqualityComparer.Instance);
        var gone = _members.FindAll(member => !keep.Contains(member));
        DisposeAll(gone);
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public T DisposeEverythingBut<T>(T keep)
        where T : IDisposable
    {
        DisposeEverythingBut([keep]);
        return keep;
    }

    public (T1 first, T2 second) DisposeEverythingBut<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable
    {
        DisposeEverythingBut([first, second]);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) DisposeEverythingBut<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable
        where T2 : IDisposable
        where T3 : IDisposable
    {
        DisposeEverythingBut([first, second, third]);
        return (first, second, third);
    }

    /// <summary>Called when something in the scope was disposed: the scope lets go of it.</summary>
    public void MarkAsDisposed(IDisposable disposable)
    {
        ThrowIfDisposed();
        if (disposable is IScopeMember member && ReferenceEquals(member.OwningDisposeScope, this))
        {
            Remove(member);
        }
    }

    internal void Add(IScopeMember member)
    {
        member.ScopeSlot = _members.Count;
        member.OwningDisposeScope = this;
        _members.Add(member);
    }

    /// <summary>The last member takes the place of the one that leaves.</summary>
    internal void Remove(IScopeMember member)
    {
        var slot = member.ScopeSlot;
        var last = _members[^1];
        _members[slot] = last;
        last.ScopeSlot = slot;
        _members.RemoveAt(_members.Count - 1);
        member.OwningDisposeScope = null;
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_manager is null, this);

    // From the last to the first: each disposal removes its tensor from the end of the list.
    private static void DisposeAll(List<IScopeMember> members)
    {
        for (var i = members.Count - 1; i >= 0; i--)
        {
            members[i].Dispose();
        }
    }
}
