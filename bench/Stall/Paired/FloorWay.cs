using System.Text.Json.Nodes;
using Fulgurite.Bench.Files;
using Fulgurite.Bench.Measuring;
using Fulgurite.State;

namespace Fulgurite.Bench.Stall.Paired;

/// <summary>
/// The floor of saving: one thread writes as many bytes as a save from warm memory past the page cache and syncs them. That is done once
/// in a block, with or without a copy of the bytes before, or again and again for as long as the block lasts.
/// </summary>
/// <param name="name">One of the names below.</param>
/// <param name="training">What is trained.</param>
/// <param name="settings">How long blocks are, and where files go.</param>
/// <param name="bytes">Returns the number of bytes; null for those of the state.</param>
internal sealed class FloorWay(string name, BareTraining training, PairedSettings settings, Func<long>? bytes = null)
    : PairedWay(name, training, settings)
{
    public const string Once = "write", Copied = "memcpy-write", Continuous = "write-continuously", Increment = "write-increment";

    private readonly bool _copies = name == Copied;
    private readonly bool _isContinuous = name == Continuous;
    private readonly BareTraining _training = training;
    private readonly PairedSettings _settings = settings;
    private readonly string _path = Path.Combine(settings.Stall.Directory, name);
    private RawFile? _source;
    private RawFile? _target;
    private long _length;
    private Thread? _thread;
    private Exception? _failure;
    private bool _isDirect;
    private int _writes;
    private int _blocks;
    private volatile bool _ends;

    protected override int Share => _isContinuous ? base.Share : _settings.Stall.Every;

    public override JsonObject ToResult(double stepMilliseconds, int threads, double stateMegabytes)
    {
        var result = base.ToResult(stepMilliseconds, threads, stateMegabytes);
        result["direct"] = _isDirect;
        result["written_mb"] = JsonLine.Round(_length / (double)(1 << 20));
        result["writes_of_block"] = JsonLine.Round((double)_writes / _blocks);
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
        _length = bytes?.Invoke() ?? StorageLayout.Of(state).ByteLength;
        _target = new RawFile(_length, threads: 1, hugePages: true);
        _source = _copies ? new RawFile(_length, threads: 1, hugePages: false) : null;
    }

    protected override void Begin()
    {
        _ends = !_isContinuous;
        _thread = new Thread(Write);
        _thread.Start();
    }

    protected override bool GoesOn() => !_isContinuous && _thread!.IsAlive;

    protected override void End()
    {
        _ends = true;
        _thread!.Join();
        _blocks++;
        File.Delete(_path);

        // Increments grow with the steps between two saves.
        if (bytes?.Invoke() is { } length && Math.Abs(length - _length) > _length / 20)
        {
            _length = length;
            _target!.Dispose();
            _target = new RawFile(length, threads: 1, hugePages: true);
        }

        if (_failure is not null)
        {
            throw new IOException("The bare write failed.", _failure);
        }
    }

    private void Write()
    {
        try
        {
            do
            {
                File.Delete(_path);
                _source?.CopyTo(_target!);
                _isDirect = _target!.Write(_path);
                _writes++;
            }
            while (!_ends);
        }
        catch (IOException exception)
        {
            _failure = exception;
        }
    }
}
