using System.Collections.Concurrent;
using Fulgurite.IO;
using Microsoft.Win32.SafeHandles;

namespace Fulgurite.Bench.Crash;

/// <summary>A call that changes a disk, or makes a change durable.</summary>
/// <param name="Kind">What it did.</param>
/// <param name="Node">The number of the file, or of the new directory.</param>
/// <param name="Path">The name; for a sync of names, the directory.</param>
/// <param name="From">The former name.</param>
/// <param name="Offset">The offset of written bytes; the length of a truncated file.</param>
/// <param name="Bytes">The written bytes.</param>
/// <param name="IsFailed">Whether it failed: a failed sync drops what it was to make durable.</param>
internal sealed record DiskOperation(
    DiskOperationKind Kind, int Node, string Path = "", string From = "", long Offset = 0, byte[]? Bytes = null, bool IsFailed = false);

/// <summary>The kinds of <see cref="DiskOperation"/>.</summary>
internal enum DiskOperationKind
{
    Create,
    Write,
    Truncate,
    Sync,
    Rename,
    Link,
    Delete,
    MakeDirectory,
    RemoveDirectory,
    SyncDirectory,

    /// <summary>No call: a save of <c>Path</c> was begun; its content is <c>Bytes</c>.</summary>
    Begin,

    /// <summary>No call: the content <c>Bytes</c> was reported durable at <c>Path</c>; null for a removal.</summary>
    Report,

    /// <summary>No call: the save of <c>Bytes</c> to <c>Path</c> failed, and the previous content is intact.</summary>
    Keep,
}

/// <summary>The real calls of the file system, recorded with their data. Any of them may be made to fail, once or from then on.</summary>
internal sealed class RecordedDisk : FileCalls
{
    private readonly Lock _gate = new();
    private readonly List<DiskOperation> _operations = [];
    private readonly ConcurrentDictionary<SafeFileHandle, int> _nodes = [];
    private readonly ConcurrentDictionary<SafeFileHandle, string> _directories = [];
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private int _calls;
    private int _nodesMade;

    /// <summary>What has been recorded, in the order of the ends of the calls.</summary>
    public IReadOnlyList<DiskOperation> Operations => _operations;

    /// <summary>The number of calls so far.</summary>
    public int Calls => _calls;

    /// <summary>Whether a call, by number from 1 and name, is to fail.</summary>
    public Func<int, string, bool> Fails { get; set; } = (_, _) => false;

    /// <summary>The error number of a failure.</summary>
    public int Error { get; set; } = 5;

    /// <summary>Gets or sets whether data is kept; without it only faults are of use.</summary>
    public bool KeepsData { get; init; } = true;

    public void Add(DiskOperation operation)
    {
        lock (_gate)
        {
            if (KeepsData)
            {
                _operations.Add(operation);
            }
        }
    }

    public override void CreateDirectory(string path)
    {
        ThrowIfFailing("mkdir");
        base.CreateDirectory(path);
        Add(new(DiskOperationKind.MakeDirectory, 0, path));
    }

    public override void RemoveDirectory(string path)
    {
        ThrowIfFailing("rmdir");
        base.RemoveDirectory(path);
        Add(new(DiskOperationKind.RemoveDirectory, 0, path));
    }

    public override SafeFileHandle? OpenDirectory(string path)
    {
        ThrowIfFailing("open directory");
        var handle = base.OpenDirectory(path);
        if (handle is not null)
        {
            _directories[handle] = path;
        }

        return handle;
    }

    public override SafeFileHandle Create(string path, long length)
    {
        ThrowIfFailing("create");
        return Created(base.Create(path, length), path);
    }

    public override SafeFileHandle? CreateDirect(string path)
    {
        ThrowIfFailing("create");
        return base.CreateDirect(path) is { } file ? Created(file, path) : null;
    }

    public override void Reserve(SafeFileHandle file, long length)
    {
        ThrowIfFailing("reserve");
        base.Reserve(file, length);
        Add(new(DiskOperationKind.Truncate, _nodes[file], Offset: length));
    }

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        ThrowIfFailing("write");
        base.Write(file, bytes, offset);
        Add(new(DiskOperationKind.Write, _nodes[file], Offset: offset, Bytes: KeepsData ? bytes.ToArray() : null));
    }

    public override void Truncate(SafeFileHandle file, long length)
    {
        ThrowIfFailing("truncate");
        base.Truncate(file, length);
        Add(new(DiskOperationKind.Truncate, _nodes[file], Offset: length));
    }

    public override void Sync(SafeFileHandle file)
    {
        if (IsFailing("sync"))
        {
            Add(new(DiskOperationKind.Sync, _nodes[file], IsFailed: true));
            throw Failure();
        }

        base.Sync(file);
        Add(new(DiskOperationKind.Sync, _nodes[file]));
    }

    public override void Rename(string path, string target)
    {
        ThrowIfFailing("rename");
        base.Rename(path, target);
        lock (_gate)
        {
            var node = _names.GetValueOrDefault(path, -1);
            if (_names.GetValueOrDefault(target, -2) != node)
            {
                _names.Remove(path);
                _names[target] = node;
                Add(new(DiskOperationKind.Rename, node, target, path));
            }
        }
    }

    public override bool TryLink(string existing, string path)
    {
        ThrowIfFailing("link");
        if (!base.TryLink(existing, path))
        {
            return false;
        }

        lock (_gate)
        {
            _names[path] = _names.GetValueOrDefault(existing, -1);
            Add(new(DiskOperationKind.Link, _names[path], path));
        }

        return true;
    }

    public override void SyncDirectory(SafeFileHandle? directory)
    {
        var path = directory is null ? string.Empty : _directories[directory];
        if (IsFailing("sync directory"))
        {
            Add(new(DiskOperationKind.SyncDirectory, 0, path, IsFailed: true));
            throw Failure();
        }

        base.SyncDirectory(directory);
        Add(new(DiskOperationKind.SyncDirectory, 0, path));
    }

    public override void Delete(string path)
    {
        ThrowIfFailing("delete");
        base.Delete(path);
        lock (_gate)
        {
            if (_names.Remove(path))
            {
                Add(new(DiskOperationKind.Delete, 0, path));
            }
        }
    }

    private SafeFileHandle Created(SafeFileHandle file, string path)
    {
        lock (_gate)
        {
            _names[path] = _nodes[file] = ++_nodesMade;
            Add(new(DiskOperationKind.Create, _nodesMade, path));
        }

        return file;
    }

    private bool IsFailing(string call) => Fails(Interlocked.Increment(ref _calls), call);

    private void ThrowIfFailing(string call)
    {
        if (IsFailing(call))
        {
            throw Failure();
        }
    }

    private IOException Failure() => new("as the test wants it", Error);
}
