using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using TorchSharp;

namespace Fulgurite.Tests.IO.EndToEnd;

/// <summary>
/// The calls of a real save and a real load, from stack traces taken where the clock is read and where the file system is called. Each
/// recording loads the library anew, so that the runtime has not compiled it for good yet, which leaves calls out.
/// </summary>
public static class RecordedWalk
{
    private static readonly List<List<string>> Stacks = [];

    /// <summary>Records in a copy of the library.</summary>
    /// <param name="method">The method to call: <see cref="Save"/> or <see cref="Load"/>.</param>
    /// <param name="folder">An empty folder.</param>
    /// <returns>The stacks, outermost call first, each as <c>Type.Method</c>.</returns>
    public static string[][] InCopy(string method, string folder)
    {
        var copy = new Copy();
        var walk = copy.LoadFromAssemblyPath(typeof(RecordedWalk).Assembly.Location).GetType(typeof(RecordedWalk).FullName!)!;
        return (string[][])walk.GetMethod(method)!.Invoke(null, [folder])!;
    }

    public static string[][] Save(string folder)
    {
        Train(folder, resume: null);
        return [.. Stacks.Select(stack => stack.ToArray())];
    }

    public static string[][] Load(string folder)
    {
        Train(folder, resume: null);
        Stacks.Clear();
        Train(folder, Path.Combine(folder, "last.ckpt"));
        return [.. Stacks.Select(stack => stack.ToArray())];
    }

    private static void Train(string folder, string? resume)
    {
        // The warm-up makes the runtime compile for good what it calls.
        typeof(JitWarmup).GetField("_begun", BindingFlags.NonPublic | BindingFlags.Static)!.SetValue(null, 1);
        var storage = new LocalStorage(new LocalStorageOptions { Concurrency = 1 }, new TracedCalls());
        var files = new TorchCheckpointIO(resume is null ? storage : new TracedStorage(storage));
        var io = new AsyncCheckpointIO(files, new AsyncCheckpointOptions { CopyThreads = 1 }, new TracedTime());
        using var strategy = new SingleDeviceStrategy(io);
        using var module = new DropoutModule();
        var saving = new ModelCheckpoint(new ModelCheckpointOptions { DirPath = folder, Filename = "last", SaveTopK = 1 });
        var options = new TrainerOptions { MaxEpochs = resume is null ? 1 : 2, DefaultRootDirectory = folder };
        using var trainer = new Trainer(strategy, options, [saving]);
        trainer.Fit(module, DropoutModule.Data(1), checkpointPath: resume);

        // What is captured already is written as it is, so that the writer of the format reads this memory.
        using var memory = new HostTensorStorage(8);
        var tensor = new TensorData(new TracedMemory(memory), torch.ScalarType.Float32, [2], [1]);
        using var traced = TrainingState.Captured(new StateMap { ["traced"] = tensor });
        io.Submit(traced, Path.Combine(folder, "traced.ckpt"), null).Durable.GetAwaiter().GetResult();
    }

    private static void Record()
    {
        var stack = new List<string>();
        foreach (var frame in new StackTrace(1).GetFrames().Reverse())
        {
            if (NameOf(frame.GetMethod()) is { } name && (stack.Count == 0 || stack[^1] != name))
            {
                stack.Add(name);
            }
        }

        lock (Stacks)
        {
            Stacks.Add(stack);
        }
    }

    /// <summary>
    /// The name in the source of a method of the library; null for others. Lambdas count as the method that they stand in.
    /// </summary>
    private static string? NameOf(MethodBase? method)
    {
        if (method?.DeclaringType is not { } type || type.Assembly.GetName().Name is not { } assembly
            || !assembly.StartsWith("Fulgurite", StringComparison.Ordinal) || assembly.EndsWith(".Tests", StringComparison.Ordinal))
        {
            return null;
        }

        var name = method.Name;
        for (; type.Name.StartsWith('<'); type = type.DeclaringType!)
        {
            name = name.StartsWith('<') ? name : type.Name;
        }

        name = name.TrimStart('<').Split('>')[0];
        return $"{type.Name.Split('`')[0]}.{(name == ".ctor" ? type.Name.Split('`')[0] : name)}";
    }

    // Not collectible: the runtime compiles collectible code for good at once.
    private sealed class Copy() : AssemblyLoadContext(isCollectible: false)
    {
        protected override Assembly? Load(AssemblyName assemblyName) => assemblyName.Name!.StartsWith("Fulgurite", StringComparison.Ordinal)
            ? LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, assemblyName.Name + ".dll"))
            : null;
    }

    private sealed class TracedTime : TimeProvider
    {
        public override long GetTimestamp()
        {
            Record();
            return base.GetTimestamp();
        }
    }

    private sealed class TracedMemory(HostTensorStorage memory) : TensorStorage
    {
        public override long ByteLength => memory.ByteLength;

        public override bool IsCaptured => true;

        public override nint Address
        {
            get
            {
                Record();
                return memory.Address;
            }
        }
    }

    private sealed class TracedCalls : FileCalls
    {
        public override void Rename(string from, string to)
        {
            Record();
            base.Rename(from, to);
        }
    }

    private sealed class TracedStorage(IStorage inner) : IStorage
    {
        public long Write(string path, FileContent content, CancellationToken cancellationToken) =>
            inner.Write(path, content, cancellationToken);

        public StorageReader Open(string path) => new TracedReader(inner.Open(path));

        public bool Exists(string path) => inner.Exists(path);

        public void Delete(string path) => inner.Delete(path);

        public bool TryLink(string existing, string path) => inner.TryLink(existing, path);

        public IReadOnlyList<CheckpointEntry> List(string directory) => inner.List(directory);

        public long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);
    }

    private sealed class TracedReader(StorageReader inner) : StorageReader(inner.Path)
    {
        public override long Length => inner.Length;

        public override void Read(long offset, Span<byte> destination)
        {
            Record();
            inner.Read(offset, destination);
        }

        protected override void Dispose(bool disposing) => inner.Dispose();
    }
}
