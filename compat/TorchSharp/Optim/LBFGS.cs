using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>The quasi-Newton method of limited memory, with a fixed step. It computes losses itself, by the closure given to <see cref="step"/>.</summary>
public class LBFGS : torch.optim.Optimizer, torch.optim.ILearningRateController
{
    public double _rate;

    private readonly List<(Tensor Direction, Tensor Change, double Scale)> _memory = [];
    private readonly ParamGroup[] _groups;
    private readonly long _iterations;
    private readonly long _evaluations;
    private readonly double _gradientTolerance;
    private readonly double _changeTolerance;
    private readonly long _size;
    private Tensor? _direction;
    private Tensor? _gradient;
    private double _curvature = 1;
    private bool _began;

    internal LBFGS(IEnumerable<Parameter> parameters, double lr, long iterations, long evaluations, double gradientTolerance, double changeTolerance, long size)
    {
        _rate = lr;
        InitialLearningRate = lr;
        (_iterations, _evaluations, _gradientTolerance, _changeTolerance, _size) = (iterations, evaluations, gradientTolerance, changeTolerance, size);
        _groups = [new ParamGroup { Parameters = [.. parameters], Options = new OptimizerOptions { LearningRate = lr, InitialLearningRate = lr } }];
    }

    public double LearningRate
    {
        get => _rate;
        set => _rate = value;
    }

    public double InitialLearningRate { get; set; }

    public override IEnumerable<torch.optim.ILearningRateController> ParamGroups => _groups;

    public override IEnumerable<Parameter> parameters() => _groups[0].Parameters;

    /// <exception cref="ArgumentNullException">There is no closure.</exception>
    public override Tensor step(Func<Tensor>? closure = null)
    {
        ArgumentNullException.ThrowIfNull(closure);
        var first = closure();
        var (loss, evaluations) = (first.ToDouble(), 1L);
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var flat = Gradient();
        for (long iteration = 0; iteration < _iterations && evaluations < _evaluations && flat.abs().max().ToDouble() > _gradientTolerance; iteration++)
        {
            Direct(flat);
            var slope = flat.dot(_direction!).ToDouble();
            if (slope > -_changeTolerance)
            {
                break;
            }

            var length = _began ? _rate : Math.Min(1, 1 / flat.abs().sum().ToDouble()) * _rate;
            _began = true;
            Move(length);
            _direction = Keep(_direction!.mul(length), _direction);
            using (enable_grad())
            {
                var (before, next) = (loss, closure());
                loss = next.ToDouble();
                evaluations++;
                flat = Gradient();
                if (Math.Abs(loss - before) < _changeTolerance)
                {
                    break;
                }
            }
        }

        return first;
    }

    internal override void DisposeState()
    {
        _memory.ForEach(entry =>
        {
            entry.Direction.Dispose();
            entry.Change.Dispose();
        });
        _memory.Clear();
        _direction?.Dispose();
        _gradient?.Dispose();
    }

    private static Tensor Keep(Tensor tensor, Tensor? old)
    {
        old?.Dispose();
        return tensor.DetachFromDisposeScope();
    }

    private Tensor Gradient() => cat([.. parameters().Select(parameter => (parameter.grad ?? zeros_like(parameter)).reshape(-1))], 0);

    /// <summary>The next direction: the gradient, as seen through the changes of the last steps.</summary>
    private void Direct(Tensor flat)
    {
        if (_gradient is not null && _direction is not null)
        {
            var change = flat.sub(_gradient);
            var product = change.dot(_direction).ToDouble();
            if (product > 1e-10)
            {
                if (_memory.Count == _size)
                {
                    _memory[0].Direction.Dispose();
                    _memory[0].Change.Dispose();
                    _memory.RemoveAt(0);
                }

                _curvature = product / change.dot(change).ToDouble();
                _memory.Add((_direction.clone().DetachFromDisposeScope(), change.DetachFromDisposeScope(), 1 / product));
            }
        }

        var direction = flat.neg();
        var weights = new double[_memory.Count];
        for (var index = _memory.Count - 1; index >= 0; index--)
        {
            weights[index] = _memory[index].Direction.dot(direction).ToDouble() * _memory[index].Scale;
            direction.add_(_memory[index].Change, -weights[index]);
        }

        direction.mul_(_curvature);
        for (var index = 0; index < _memory.Count; index++)
        {
            var back = _memory[index].Change.dot(direction).ToDouble() * _memory[index].Scale;
            direction.add_(_memory[index].Direction, weights[index] - back);
        }

        _direction = Keep(direction, _direction);
        _gradient = Keep(flat.clone(), _gradient);
    }

    private void Move(double length)
    {
        long start = 0;
        foreach (var parameter in parameters())
        {
            parameter.add_(_direction!.narrow(0, start, parameter.numel()).reshape(parameter.shape), length);
            start += parameter.numel();
        }
    }
}
