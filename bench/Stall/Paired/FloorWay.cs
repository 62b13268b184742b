using System.Text.Json.Nodes;
using Fulgurite.Bench.Files;
using Fulgurite.State;

namespace Fulgurite.Bench.Stall.Paired;

/// <summary>
/// The floor of a durable save: one thread writes as many bytes from warm memory past the page cache and syncs them, with or without a copy
/// of the bytes before.
/// </summary>
internal sealed class FloorWay(bool copies, BareTraining training, PairedSettings settings)
    : PairedWay(copies ? "memcpy-write" : "write", training, settings)
{
    private readonly BareTraining _training = training;
    private readonly PairedSettings _settings = settings;
    private readonly string _path = Path.Combine(settings.Stall.Directory, copies ? "floor-copied" : "floor");
    private RawFile? _source;
    private RawFile? _target;
    private Thread? _thread;
    private Exception? _failure;
    private bool _isDirect;

    protected override int Share => _settings.Stall.Every;

    public override JsonObject ToResult(double stepMilliseconds, int threads, double stateMegabytes)
    {
        var result = base.ToResult(stepMilliseconds, threads, stateMegabytes);
        result["direct"] = _isDirect;
        return result;
    }

    public override void Dispose()
    {
        _source?.Dispose();
        _target?.Dispose();
        base.Dispose();
    }

    protected override void MakeReady()
    {
        using var state = _training.ToState(0);
        var length = StorageLayout.Of(state).ByteLength;
        _target = new RawFile(length, threads: 1, hugePages: true);
        _source = copies ? new RawFile(length, threads: 1, hugePages: false) : null;
    }

    protected override void Begin()
    {
        _thread = new Thread(Write);
        _thread.Start();
    }

    protected override bool GoesOn(SaveOperation? last) => _thread!.IsAlive;

    protected override void End()
    {
        _thread!.Join();
        File.Delete(_path);
        if (_failure is not null)
        {
            throw new IOException("The bare write failed.", _failure);
        }
    }

    private void Write()
    {
        try
        {
            _source?.CopyTo(_target!);
            _isDirect = _target!.Write(_path);
        }
        catch (IOException exception)
        {
            _failure = exception;
        }
    }
}
