namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Up and down between two rates, in cycles.</summary>
                public class CyclicLR : LRScheduler
                {
                    private readonly List<double> _highest;
                    private readonly double _length;
                    private readonly double _rise;
                    private readonly Func<double, double> _scale;
                    private readonly bool _byCycle;
                    private readonly List<(double Low, double High)> _momentum = [];

                    public CyclicLR(
                        Optimizer optimizer, double base_lr, double max_lr, int step_size_up = 2000, int step_size_down = -1, Mode mode = Mode.Triangular,
                        double gamma = 1.0, Func<double, double>? scale_fn = null, ScaleMode scale_mode = ScaleMode.Cycle, bool cycle_momentum = true,
                        double base_momentum = 0.8, double max_momentum = 0.9, int last_epoch = -1, bool verbose = false)
                        : this(
                            optimizer, Each(optimizer, base_lr), Each(optimizer, max_lr), step_size_up, step_size_down, mode, gamma, scale_fn, scale_mode, cycle_momentum,
                            Each(optimizer, base_momentum), Each(optimizer, max_momentum), last_epoch, verbose)
                    {
                    }

                    public CyclicLR(
                        Optimizer optimizer, IEnumerable<double> base_lr, IEnumerable<double> max_lr, int step_size_up = 2000, int step_size_down = -1,
                        Mode mode = Mode.Triangular, double gamma = 1.0, Func<double, double>? scale_fn = null, ScaleMode scale_mode = ScaleMode.Cycle,
                        bool cycle_momentum = true, IEnumerable<double>? base_momentum = null, IEnumerable<double>? max_momentum = null, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _base_lrs = [.. base_lr];
                        _highest = [.. max_lr];
                        _length = step_size_up + (step_size_down == -1 ? step_size_up : step_size_down);
                        _rise = step_size_up / _length;
                        _byCycle = scale_fn is null ? mode != Mode.ExpRange : scale_mode == ScaleMode.Cycle;
                        _scale = scale_fn ?? mode switch
                        {
                            Mode.Triangular => _ => 1,
                            Mode.Triangular2 => cycle => 1 / Math.Pow(2, cycle - 1),
                            _ => iteration => Math.Pow(gamma, iteration),
                        };
                        if (cycle_momentum)
                        {
                            if (optimizer is not IMomentum)
                            {
                                throw new ArgumentException(
                                    $"{optimizer.GetType().Name} has no momentum to cycle. Pass cycle_momentum: false.",
                                    nameof(cycle_momentum));
                            }

                            _momentum = [.. (base_momentum ?? Each(optimizer, 0.8)).Zip(max_momentum ?? Each(optimizer, 0.9))];
                        }

                        step();
                    }

                    public enum Mode
                    {
                        Triangular,
                        Triangular2,
                        ExpRange,
                    }

                    public enum ScaleMode
                    {
                        Cycle,
                        Iterations,
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        var cycle = Math.Floor(1 + (_last_epoch / _length));
                        var place = 1 + (_last_epoch / _length) - cycle;
                        var height = (place <= _rise ? place / _rise : (place - 1) / (_rise - 1)) * _scale(_byCycle ? cycle : _last_epoch);
                        foreach (var (group, (low, high)) in _optimizer.ParamGroups.Zip(_momentum))
                        {
                            ((IMomentum)group).Momentum = high - ((high - low) * height);
                        }

                        return _base_lrs.Zip(_highest, (low, high) => low + ((high - low) * height));
                    }

                    private static IEnumerable<double> Each(Optimizer optimizer, double value) => Enumerable.Repeat(value, optimizer.ParamGroups.Count());
                }
            }
        }
    }
}
