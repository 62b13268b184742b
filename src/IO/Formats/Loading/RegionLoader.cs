using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>
/// Loads the bytes of tensors from a file into new memory, into existing tensors, or by mapping the file. Tensors are placed first, while
/// the tree is built. Then all regions are read in parallel and verified in the same pass.
/// </summary>
internal sealed class RegionLoader : IDisposable
{
    private readonly StorageReader _reader;
    private readonly LoadOptions _options;
    private readonly FileMapping? _mapping;

    /// <summary>The file of tensors that are read on first use; null if they are read at once, or mapped.</summary>
    private readonly DeferredFile? _deferred;
    private readonly List<FileRegion> _regions = [];

    /// <summary>
    /// Reads or verifies small regions as soon as they are placed; null if one thread does best, or there is nothing to do.
    /// </summary>
    private readonly EarlyReads? _early;
    private readonly List<FileRegion> _earlyRegions;
    private readonly TensorSlabs _slabs = new();
    private readonly List<(TensorData Source, Tensor Target)> _copies = [];
    private readonly LoadTargets _targets;
    private TensorData? _last;
    private bool _isHandedOver;

    public RegionLoader(StorageReader reader, LoadOptions options)
    {
        _reader = reader;
        _options = options;
        _targets = new LoadTargets(options.Into);
        _earlyRegions = new List<FileRegion>(options.Into?.Count ?? 0);
        _mapping = options.Mapped ? reader.Map() : null;
        if (options is { Deferred: true, Into: null or { Count: 0 } } && _mapping is null && reader.IsCheapToReread)
        {
            reader.Share();
            _deferred = new DeferredFile(reader, _slabs);
        }

        // A deferred load reads only to verify.
        if (_mapping is null && reader is { IsCheapToReread: true, Concurrency: > 1 } && (_deferred is null || IsVerifiedFirst))
        {
            _early = new EarlyReads(reader, options.Verify);
        }
    }

    private bool IsVerifiedFirst => _deferred is not null && _options is { Verify: true, Mapped: false };

    /// <summary>Places a tensor.</summary>
    /// <param name="region">The region that holds its bytes.</param>
    /// <param name="path">Its path in the state.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="strides">Its strides, in elements.</param>
    /// <param name="offset">The offset in the region, in elements.</param>
    /// <exception cref="ArgumentException">The tensor exceeds the region.</exception>
    /// <exception cref="CheckpointException">The existing tensor cannot be loaded into.</exception>
    public TensorData Place(FileRegion region, StatePath path, ScalarType type, long[] shape, long[] strides, long offset)
    {
        var target = _targets.Find(path);
        var seen = target is null ? null : Describe(path, target);
        if (region.Memory is null)
        {
            region.Memory = MemoryFor(region, seen, type, shape, strides, offset);
            if (_early is not null && EarlyReads.Takes(region.ByteLength) && (_deferred is null || region.Crc is not (null or 0)))
            {
                _earlyRegions.Add(region);
                _early.Add(new FileRead(region.Offset, _deferred is not null ? 0 : region.Memory.Address, region.ByteLength)
                {
                    IsUnchecked = region.Crc is null,
                });
            }
            else if (_mapping is null && region.ByteLength > 0 && (_deferred is null || region.Crc is not null))
            {
                // Of a deferred load those that are verified. A zero is a checksum if the file has any other.
                _regions.Add(region);
            }
        }

        if (seen is not null && ReferenceEquals(region.Memory, seen.Storage))
        {
            return seen;
        }

        var tensor = Describe(region.Memory, type, shape, strides, offset);
        if (seen is null || (tensor.ElementCount > 0 && seen.Storage.IsOnHost && tensor.Address == seen.Address))
        {
            return tensor;
        }

        ThrowIfOtherShape(path, tensor, seen);
        _copies.Add((tensor, target!));
        return seen;
    }

    /// <summary>Reads all placed tensors.</summary>
    /// <param name="root">The tree that contains the placed tensors.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns>The loaded state, which owns the memory.</returns>
    public TrainingState Load(StateMap root, CancellationToken cancellationToken)
    {
        if (IsVerifiedFirst)
        {
            Verify(root, cancellationToken);
        }
        else if (_mapping is null && _deferred is null)
        {
            Read(root, cancellationToken);
        }

        foreach (var (source, target) in _copies)
        {
            source.CopyTo(target);
        }

        if (DevicePlacement.IsNeeded(_options.Device))
        {
            // Host memory is no longer needed; it is released when this loader is disposed.
            var placement = new DevicePlacement(_options.Device!);
            return TrainingState.Captured(placement.Move(root), placement.Release);
        }

        _isHandedOver = true;
        return TrainingState.Captured(root, Release);
    }

    /// <summary>Releases the memory if loading did not complete.</summary>
    public void Dispose()
    {
        if (!_isHandedOver)
        {
            Release();
        }
    }

    /// <summary>Describes a tensor. Consecutive tensors of equal shape share the arrays.</summary>
    private TensorData Describe(TensorStorage memory, ScalarType type, long[] shape, long[] strides, long offset)
    {
        var isLike = _last is not null && offset >= 0 && _last.Type == type && _last.Shape.SequenceEqual(shape)
            && _last.Strides.SequenceEqual(strides);
        return _last = isLike ? _last!.In(memory, offset) : new TensorData(memory, type, shape, strides, offset);
    }

    private void Release()
    {
        _early?.Dispose();
        _mapping?.Dispose();
        lock (_slabs)
        {
            _slabs.Release();
        }

        if (_deferred is not null)
        {
            _reader.Dispose();
        }
    }

    private TensorStorage MemoryFor(FileRegion region, TensorData? target, ScalarType type, long[] shape, long[] strides, long offset)
    {
        if (_mapping is not null || _deferred is not null)
        {
            (region.Mapping, region.File) = (_mapping, _deferred);
            return region;
        }

        if (target is not null && offset == 0 && CanReadInto(region, target, type, shape, strides))
        {
            return target.Storage;
        }

        return _slabs.Take(region.ByteLength);
    }

    /// <summary>Returns true if the region holds exactly the bytes of the existing tensor.</summary>
    private static bool CanReadInto(FileRegion region, TensorData target, ScalarType type, long[] shape, long[] strides)
    {
        if (target.Type != type || !target.Storage.IsOnHost || !target.IsContiguous || !target.Shape.SequenceEqual(shape))
        {
            return false;
        }

        var expected = 1L;
        for (var dimension = shape.Length - 1; dimension >= 0; dimension--)
        {
            if (shape[dimension] != 1 && strides[dimension] != expected)
            {
                return false;
            }

            expected *= shape[dimension];
        }

        return expected * type.ElementByteSize() == region.ByteLength;
    }

    /// <summary>Describes an existing tensor, which may be disposed or sparse: no fault of the file.</summary>
    private TensorData Describe(StatePath path, Tensor target)
    {
        try
        {
            return TensorData.FromTensor(target);
        }
        catch (Exception exception) when (exception is InvalidOperationException or NotSupportedException)
        {
            throw new CheckpointException(
                $"The tensor '{path}' of the checkpoint '{_reader.Path}' cannot be loaded into the one of LoadOptions.Into: "
                    + exception.Message.Split('\n')[0],
                _reader.Path, exception);
        }
    }

    private void ThrowIfOtherShape(StatePath path, TensorData found, TensorData target)
    {
        if (!target.Shape.SequenceEqual(found.Shape))
        {
            throw new CheckpointException(
                $"The tensor '{path}' of the checkpoint '{_reader.Path}' has the shape [{string.Join(", ", found.Shape.ToArray())}] and "
                    + $"the one that it is to be loaded into [{string.Join(", ", target.Shape.ToArray())}]. "
                    + "Load it into a model of the same sizes.",
                _reader.Path);
        }
    }

    private void Read(StateMap root, CancellationToken cancellationToken)
    {
        var early = _early?.Complete(cancellationToken);
        var regions = InOrder(_regions);
        using var reads = new PooledArray<FileRead>(regions.Count);
        for (var index = 0; index < regions.Count; index++)
        {
            reads.Span[index] = new FileRead(regions[index].Offset, regions[index].Memory!.Address, regions[index].ByteLength);
        }

        var isVerified = _options.Verify && (StoredChecksums.Has(regions) || StoredChecksums.Has(_earlyRegions));
        var checksums = ParallelReads.Run(_reader, reads, isVerified, cancellationToken);
        if (isVerified)
        {
            Compare(root, regions, checksums, early);
        }

        GC.KeepAlive(_copies);
    }

    private void Verify(StateMap root, CancellationToken cancellationToken)
    {
        var early = _early?.Complete(cancellationToken);
        var regions = InOrder(_regions);
        if (StoredChecksums.Has(regions) || StoredChecksums.Has(_earlyRegions))
        {
            var checksums = StoredChecksums.Compute(_reader, regions, static _ => { }, cancellationToken);
            Compare(root, regions, checksums, early);
        }
    }

    private void Compare(StateMap root, List<FileRegion> regions, uint[] checksums, uint[]? early)
    {
        if (early is not null)
        {
            // Usually all regions are large, or all are small.
            (regions, checksums) = regions.Count == 0
                ? (_earlyRegions, early)
                : ([.. _earlyRegions, .. regions], [.. early, .. checksums]);
        }

        var first = -1;
        for (var index = 0; index < regions.Count; index++)
        {
            if (regions[index].Crc is { } expected && checksums[index] != expected
                && (first < 0 || regions[index].Offset < regions[first].Offset))
            {
                first = index;
            }
        }

        if (first >= 0)
        {
            throw Corrupt(root, regions[first], checksums[first]);
        }
    }

    /// <summary>Sorts regions by file offset; usually they are already in that order.</summary>
    private static List<FileRegion> InOrder(List<FileRegion> regions)
    {
        for (var index = 1; index < regions.Count; index++)
        {
            if (regions[index].Offset < regions[index - 1].Offset)
            {
                regions.Sort(static (left, right) => left.Offset.CompareTo(right.Offset));
                break;
            }
        }

        return regions;
    }

    private CheckpointCorruptException Corrupt(StateMap root, FileRegion region, uint found)
    {
        var tensors = new TrainingState(root).Tensors().Where(tensor => ReferenceEquals(tensor.Value.Storage, region.Memory))
            .Select(tensor => tensor.Key)
            .ToList();
        return new CheckpointCorruptException(
            $"The checkpoint '{_reader.Path}' is damaged: the tensor '{string.Join("', '", tensors)}' (bytes {region.Offset} to "
                + $"{region.Offset + region.ByteLength}) has the checksum {found:X8} and should have {region.Crc:X8}. Load an older one.",
            _reader.Path)
        {
            Tensor = tensors.FirstOrDefault(),
            Offset = region.Offset,
        };
    }
}
