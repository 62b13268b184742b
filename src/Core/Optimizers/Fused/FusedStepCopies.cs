namespace Fulgurite;

/// <summary>The copies of old values that the next step of an optimizer makes while it computes the new ones.</summary>
internal sealed unsafe class FusedStepCopies
{
    private readonly Dictionary<nint, (nint Target, long Length)> _copies = [];
    private readonly List<nint> _made = [];
    private Dictionary<nint, long>? _places;
    private Action? _copied;

    /// <summary>Adds a copy of memory that the next step overwrites.</summary>
    /// <returns>false if that is not the memory of one tensor of the entries, and of no other.</returns>
    public bool TryAdd(List<FusedEntry> entries, nint source, nint target, long byteLength)
    {
        if (_places is null)
        {
            // The rehearsal adds one copy. The first save must not wait until the code that makes room for more is compiled.
            _places = ReadPlaces(entries);
            _copies.EnsureCapacity(_places.Count);
            _made.EnsureCapacity(_places.Count);
        }

        return _places.TryGetValue(source, out var length) && length == byteLength && _copies.TryAdd(source, (target, byteLength));
    }

    /// <summary>Calls an action once all copies are made.</summary>
    public void Then(Action completed) => _copied += completed;

    /// <summary>Makes the copies that a step did not make.</summary>
    public void Finish()
    {
        MakeNow();
        _places = null;
        var copied = _copied;
        _copied = null;
        copied?.Invoke();
    }

    /// <summary>Makes all copies before the step.</summary>
    public void MakeNow()
    {
        foreach (var (source, (target, length)) in _copies)
        {
            Buffer.MemoryCopy((void*)source, (void*)target, length, length);
        }

        _copies.Clear();
    }

    private void MakeNow(nint source)
    {
        if (_copies.Remove(source, out var copy))
        {
            Buffer.MemoryCopy((void*)source, (void*)copy.Target, copy.Length, copy.Length);
        }
    }

    /// <summary>Makes the copies of the tensors of a parameter.</summary>
    public void MakeNow(in FusedMemory memory)
    {
        if (_copies.Count > 0)
        {
            Array.ForEach([memory.Parameter, memory.First, memory.Second, memory.Third, memory.Master], MakeNow);
        }
    }

    /// <summary>Assigns the targets of copies to the tensors of a parameter.</summary>
    public void Assign(ref FusedMemory memory)
    {
        if (_copies.Count > 0)
        {
            memory.ParameterCopy = CopyOf(memory.Parameter);
            memory.FirstCopy = CopyOf(memory.First);
            memory.SecondCopy = CopyOf(memory.Second);
            memory.ThirdCopy = CopyOf(memory.Third);
            memory.MasterCopy = CopyOf(memory.Master);
        }
    }

    /// <summary>Removes the copies that the step has made.</summary>
    public void Stepped() => _made.ForEach(source => _copies.Remove(source));

    /// <summary>Forgets the assignments of a step that has ended.</summary>
    public void Forget() => _made.Clear();

    /// <summary>
    /// The lengths in bytes of all tensors that a step changes, by address. Overlapping tensors are left out: the first update would spoil
    /// the copy of the second.
    /// </summary>
    private static Dictionary<nint, long> ReadPlaces(List<FusedEntry> entries)
    {
        var ranges = entries.SelectMany(entry => entry.Ranges()).OrderBy(range => range.Address).ToList();
        var places = new Dictionary<nint, long>(ranges.Count);
        for (var index = 0; index < ranges.Count; index++)
        {
            var (address, length) = ranges[index];
            if ((index == 0 || ranges[index - 1].Address + ranges[index - 1].Length <= address)
                && (index == ranges.Count - 1 || address + length <= ranges[index + 1].Address))
            {
                places[address] = (long)length;
            }
        }

        return places;
    }

    /// <summary>Where a tensor is copied to while it is stepped; zero for nowhere.</summary>
    private nint CopyOf(nint address)
    {
        if (address == 0 || !_copies.TryGetValue(address, out var copy))
        {
            return 0;
        }

        _made.Add(address);
        return copy.Target;
    }
}
