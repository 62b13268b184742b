using System.Collections;
using System.Globalization;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A list of parameters, registered under their places.</summary>
public class ParameterList : nn.Module, IList<Parameter>
{
    public ParameterList(params Parameter[] parameters)
        : base(nameof(ParameterList))
    {
        extend(parameters);
    }

    public int Count => _internal_params.Count;

    public bool IsReadOnly => false;

    public Parameter this[int index]
    {
        get => _internal_params[index].Item2;
        set => _internal_params[index] = (_internal_params[index].Item1, value);
    }

    public void Add(Parameter item) => register_parameter(Name(Count), item);

    public void append(params Parameter[] parameters) => extend(parameters);

    public void extend(IEnumerable<Parameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        foreach (var parameter in parameters)
        {
            Add(parameter);
        }
    }

    public void Insert(int index, Parameter item) => Replace(list => list.Insert(index, item));

    public bool Remove(Parameter item)
    {
        var removed = false;
        Replace(list => removed = list.Remove(item));
        return removed;
    }

    public void RemoveAt(int index) => Replace(list => list.RemoveAt(index));

    public void Clear() => _internal_params.Clear();

    public bool Contains(Parameter item) => IndexOf(item) >= 0;

    public void CopyTo(Parameter[] array, int arrayIndex) => _internal_params.values().ToList().CopyTo(array, arrayIndex);

    public int IndexOf(Parameter item) => _internal_params.values().ToList().FindIndex(parameter => ReferenceEquals(parameter, item));

    public IEnumerator<Parameter> GetEnumerator() => _internal_params.values().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static string Name(int place) => place.ToString(CultureInfo.InvariantCulture);

    private void Replace(Action<List<Parameter>> change)
    {
        var list = _internal_params.values().ToList();
        change(list);
        Clear();
        extend(list);
    }
}
