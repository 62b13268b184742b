using System.Collections;
using System.Diagnostics.CodeAnalysis;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Modules by name, in the order in which they were added.</summary>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "TorchSharp's name.")]
public class ModuleDict<T> : nn.Module, IDictionary<string, T>, IList<(string, T)>
    where T : nn.Module
{
    private readonly OrderedDict<string, T> _modules = [];

    public ModuleDict()
        : base(nameof(ModuleDict<T>))
    {
    }

    public int Count => _modules.Count;

    public bool IsReadOnly => false;

    public ICollection<string> Keys => _modules.Keys;

    public ICollection<T> Values => _modules.Values;

    public (string, T) this[int index]
    {
        get => _modules[index];
        set
        {
            _modules[index] = value;
            Register();
        }
    }

    public T this[string key]
    {
        get => _modules[key];
        set
        {
            _modules[key] = value;
            Register();
        }
    }

    public void Add(string key, T value)
    {
        register_module(key, value);
        _modules.Add(key, value);
    }

    public void Add((string, T) item) => Add(item.Item1, item.Item2);

    public void Add(KeyValuePair<string, T> item) => Add(item.Key, item.Value);

    public void Insert(int index, (string, T) item)
    {
        _modules.Insert(index, item);
        Register();
    }

    public bool Remove(string key) => Registered(_modules.Remove(key));

    public bool Remove((string, T) item) => Registered(_modules.Remove(item));

    public bool Remove(KeyValuePair<string, T> item) => Registered(_modules.Remove(item));

    public void RemoveAt(int index)
    {
        _modules.RemoveAt(index);
        Register();
    }

    public void Clear()
    {
        _modules.Clear();
        Register();
    }

    public void clear() => Clear();

    public bool ContainsKey(string key) => _modules.ContainsKey(key);

    public bool Contains((string, T) item) => _modules.Contains(item);

    public bool Contains(KeyValuePair<string, T> item) => _modules.Contains(item);

    public int IndexOf((string, T) item) => _modules.IndexOf(item);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value) => _modules.TryGetValue(key, out value);

    public void CopyTo((string, T)[] array, int arrayIndex) => _modules.CopyTo(array, arrayIndex);

    public void CopyTo(KeyValuePair<string, T>[] array, int arrayIndex) => _modules.CopyTo(array, arrayIndex);

    public IEnumerator<(string, T)> items() => _modules.items();

    public IEnumerable<string> keys() => _modules.keys();

    public IEnumerable<T> values() => _modules.values();

    public IEnumerator<(string, T)> GetEnumerator() => _modules.GetEnumerator();

    IEnumerator<KeyValuePair<string, T>> IEnumerable<KeyValuePair<string, T>>.GetEnumerator() =>
        ((IEnumerable<KeyValuePair<string, T>>)_modules).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    protected override void RegisterComponents() => Register();

    private bool Registered(bool changed)
    {
        Register();
        return changed;
    }

    private void Register()
    {
        ClearModules();
        foreach (var (name, module) in _modules)
        {
            register_module(name, module);
        }
    }
}
