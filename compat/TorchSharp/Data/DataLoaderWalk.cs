using System.Collections;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>One walk over the batches of a loader. Everything made for a batch is disposed when it is over, whatever scope the caller is in.</summary>
internal sealed class DataLoaderWalk<T, S>(DataLoader<T, S> loader) : IEnumerator<S>
{
    private IEnumerator<long> _places = loader.sampler.GetEnumerator();
    private List<IDisposable> _owned = [];
    private S? _current;

    public S Current => _current!;

    object? IEnumerator.Current => _current;

    public bool MoveNext()
    {
        DisposeBatch();
        var places = new List<long>(loader.batch_size);
        while (places.Count < loader.batch_size && _places.MoveNext())
        {
            places.Add(_places.Current);
        }

        if (places.Count == 0 || (loader.drop_last && places.Count < loader.batch_size))
        {
            return false;
        }

        var items = new T[places.Count];
        var parts = new List<IDisposable>[places.Count];
        try
        {
            if (loader.num_workers == 1)
            {
                for (var i = 0; i < items.Length; i++)
                {
                    Get(i);
                }
            }
            else
            {
                Parallel.For(0, items.Length, new ParallelOptions { MaxDegreeOfParallelism = loader.num_workers }, Get);
            }

            using var scope = NewDisposeScope();
            _current = loader.collate_fn(items, loader.Device);
            var made = Release(scope);
            if (loader.DisposeBatch)
            {
                _owned = made;
            }
        }
        finally
        {
            foreach (var part in parts.OfType<List<IDisposable>>())
            {
                part.ForEach(disposable => disposable.Dispose());
            }
        }

        return true;

        void Get(int i)
        {
            using var scope = NewDisposeScope();
            items[i] = loader.dataset.GetTensor(places[i]);
            parts[i] = Release(scope);
        }
    }

    public void Reset()
    {
        DisposeBatch();
        _places.Dispose();
        _places = loader.sampler.GetEnumerator();
    }

    public void Dispose()
    {
        DisposeBatch();
        _places.Dispose();
    }

    // What a scope owns, taken out of it.
    private static List<IDisposable> Release(DisposeScope scope)
    {
        var members = scope.DisposablesView.ToList();
        scope.Detach(members);
        return members;
    }

    private void DisposeBatch()
    {
        _owned.ForEach(disposable => disposable.Dispose());
        _owned = [];
    }
}
