using System.Diagnostics;
using TorchSharp.PyBridge;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Files;

/// <summary>
/// The ways of TorchSharp users to save weights: <c>Module.save</c>, and TorchSharp.PyBridge for files that Python reads. Neither syncs.
/// </summary>
internal sealed class TorchSharpPeer : IDisposable
{
    private readonly Holder _module;

    public TorchSharpPeer(IReadOnlyList<Tensor> tensors) => _module = new Holder(tensors);

    public double Save(string path) => Time(() => _module.save(path));

    public double Load(string path)
    {
        WriteOnce(path, () => _module.save(path));
        return Time(() => _module.load(path));
    }

    public double SaveForPython(string path) => Time(() => _module.save_py(path));

    public double LoadFromPython(string path)
    {
        WriteOnce(path, () => _module.save_py(path));
        return Time(() => _module.load_py(path));
    }

    public void Dispose() => _module.Dispose();

    private static void WriteOnce(string path, Action write)
    {
        if (!File.Exists(path))
        {
            write();
        }
    }

    private static double Time(Action action)
    {
        using var scope = NewDisposeScope();
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>A module with the given tensors as its buffers; it does not own them.</summary>
    private sealed class Holder : nn.Module
    {
        public Holder(IReadOnlyList<Tensor> tensors)
            : base(nameof(Holder))
        {
            for (var index = 0; index < tensors.Count; index++)
            {
                register_buffer($"layer{index}", tensors[index].alias());
            }
        }
    }
}
