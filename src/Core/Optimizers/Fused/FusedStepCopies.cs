using System.Runtime.InteropServices;

namespace Fulgurite;

/// <summary>The copies of old values that the next step of an optimizer makes while it computes the new ones.</summary>
internal sealed unsafe class FusedStepCopies
{
    private readonly Dictionary<nint, (nint Target, long Length)> _copies = [];
    private readonly List<nint> _made = [];

    /// <summary>
    /// The lengths in bytes of all tensors that a step changes, by address. Overlapping tensors are left out: the first update would spoil
    /// the copy of the second.
    /// </summary>
    private readonly Dictionary<nint, long> _places = [];

    /// <summary>What the places were made of: reading it again costs a tenth to a half of making them.</summary>
    private List<(nint Address, nint Length)> _ranges = [];
    private List<(nint Address, nint Length)> _nextRanges = [];
    private bool _arePlacesRead;
    private Action? _copied;

    /// <summary>Adds a copy of memory that the next step overwrites.</summary>
    /// <returns>false if that is not the memory of one tensor of the entries, and of no other.</returns>
    public bool TryAdd(List<FusedEntry> entries, nint source, nint target, long byteLength)
    {
        ReadPlaces(entries);
        return _places.TryGetValue(source, out var length) && length == byteLength && _copies.TryAdd(source, (target, byteLength));
    }

    /// <summary>Calls an action once all copies are made.</summary>
    public void Then(Action completed) => _copied += completed;

    /// <summary>Makes the copies that a step did not make.</summary>
    public void Finish()
    {
        MakeNow();
        _arePlacesRead = false;
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

    private void ReadPlaces(List<FusedEntry> entries)
    {
        if (_arePlacesRead)
        {
            return;
        }

        _nextRanges.Clear();
        foreach (var entry in entries)
        {
            entry.AddRanges(_nextRanges);
        }

        if (CollectionsMarshal.AsSpan(_nextRanges).SequenceEqual(CollectionsMarshal.AsSpan(_ranges)))
        {
            _arePlacesRead = true;
            return;
        }

        (_ranges, _nextRanges) = (_nextRanges, _ranges);
        _places.Clear();
        var ranges = _ranges.OrderBy(range => range.Address).ToList();
        for (var index = 0; index < ranges.Count; index++)
        {
            var (address, length) = ranges[index];
            if ((index == 0 || ranges[index - 1].Address + ranges[index - 1].Length <= address)
                && (index == ranges.Count - 1 || address + length <= ranges[index + 1].Address))
            {
                _places[address] = (long)length;
            }
        }

        // The rehearsal adds one copy. The first save must not wait until the code that makes room for more, or that compares places, is
        // compiled.
        _copies.EnsureCapacity(_places.Count);
        _made.EnsureCapacity(_places.Count);
        _arePlacesRead = CollectionsMarshal.AsSpan(_ranges).SequenceEqual(CollectionsMarshal.AsSpan(_ranges));
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
