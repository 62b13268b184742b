using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO;

/// <summary>
/// Only calls of the base class library: no direct IO, reserved space, hard links or directory sync, and errors of fsync are not reported.
/// </summary>
internal class ManagedFileCalls : FileCalls
{
    public override SafeFileHandle? OpenDirectory(string path) => null;

    public override SafeFileHandle? CreateDirect(string path) => null;

    public override void Reserve(SafeFileHandle file, long length)
    {
    }

    public override void Sync(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    public override void Rename(string path, string target) => File.Move(path, target, overwrite: true);

    public override bool TryLink(string existing, string path) => false;

    public override void SyncDirectory(SafeFileHandle? directory)
    {
    }
}
