using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace Fulgurite.Tests.IO.Storage;

/// <summary>The real calls of the file system, recorded by name, of which one may fail with an error number.</summary>
internal sealed class RecordingCalls : FileCalls
{
    private readonly ConcurrentQueue<string> _names = new();

    /// <summary>The calls so far, in order; several writes of one file count once.</summary>
    public IReadOnlyList<string> Names => [.. _names.Where((name, index) => name != "write" || _names.ElementAt(index - 1) != "write")];

    /// <summary>Gets or sets the call that fails; null for none.</summary>
    public string? Failing { get; set; }

    /// <summary>Gets or sets the error number; those after the first failure do not fail.</summary>
    public int Error { get; set; }

    /// <summary>Gets or sets whether every removal of a file fails, with EIO.</summary>
    public bool FailsDelete { get; set; }

    public void Clear() => _names.Clear();

    public override void CreateDirectory(string path) => Run("mkdir", () => base.CreateDirectory(path));

    public override void RemoveDirectory(string path) => Run("rmdir", () => base.RemoveDirectory(path));

    public override SafeFileHandle? OpenDirectory(string path) => Run("open directory", () => base.OpenDirectory(path));

    public override SafeFileHandle Create(string path, long length) => Run("create", () => base.Create(path, length));

    public override SafeFileHandle? CreateDirect(string path) => Run("create", () => base.CreateDirect(path));

    public override void Reserve(SafeFileHandle file, long length) => Run("reserve", () => base.Reserve(file, length));

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        Run("write", () => { });
        base.Write(file, bytes, offset);
    }

    public override void Truncate(SafeFileHandle file, long length) => Run("truncate", () => base.Truncate(file, length));

    public override void Sync(SafeFileHandle file) => Run("sync", () => base.Sync(file));

    public override void Rename(string path, string target) => Run("rename", () => base.Rename(path, target));

    public override bool TryLink(string existing, string path) => Run("link", () => base.TryLink(existing, path));

    public override void SyncDirectory(SafeFileHandle? directory) => Run("sync directory", () => base.SyncDirectory(directory));

    public override void Delete(string path) => Run("delete", () => base.Delete(path));

    private void Run(string name, Action call) => Run(name, () =>
    {
        call();
        return true;
    });

    private T Run<T>(string name, Func<T> call)
    {
        _names.Enqueue(name);
        if (FailsDelete && name == "delete")
        {
            throw new IOException("as a test wants it", 5);
        }

        if (name == Failing)
        {
            Failing = null;
            throw new IOException("as a test wants it", Error);
        }

        return call();
    }
}
