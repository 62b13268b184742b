namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Times a factor when a metric has not become better for a while.</summary>
                public class ReduceLROnPlateau : LRScheduler
                {
                    private readonly bool _smaller;
                    private readonly bool _relative;
                    private readonly double _factor;
                    private readonly int _patience;
                    private readonly double _threshold;
                    private readonly int _rest;
                    private readonly List<double> _lowest;
                    private readonly double _eps;
                    private double _best;
                    private int _bad;
                    private int _resting;

                    public ReduceLROnPlateau(
                        Optimizer optimizer, string mode = "min", double factor = 0.1, int patience = 10, double threshold = 1e-4, string threshold_mode = "rel",
                        int cooldown = 0, IList<double>? min_lr = null, double eps = 1e-8, bool verbose = false)
                        : base(optimizer, -1, verbose)
                    {
                        if (factor >= 1)
                        {
                            throw new ArgumentException($"The factor must be below 1; it is {factor}.", nameof(factor));
                        }

                        if (mode is not ("min" or "max"))
                        {
                            throw new ArgumentException($"The mode is 'min' or 'max', not '{mode}'.", nameof(mode));
                        }

                        if (threshold_mode is not ("rel" or "abs"))
                        {
                            throw new ArgumentException(
                                $"The threshold mode is 'rel' or 'abs', not '{threshold_mode}'.", nameof(threshold_mode));
                        }

                        var groups = optimizer.ParamGroups.Count();
                        _lowest = min_lr switch
                        {
                            null or { Count: 0 } => [.. Enumerable.Repeat(0.0, groups)],
                            { Count: 1 } => [.. Enumerable.Repeat(min_lr[0], groups)],
                            _ => [.. min_lr],
                        };
                        _smaller = mode == "min";
                        _relative = threshold_mode == "rel";
                        _factor = factor;
                        _patience = patience;
                        _threshold = threshold;
                        _rest = cooldown;
                        _eps = eps;
                        _best = _smaller ? double.PositiveInfinity : double.NegativeInfinity;
                    }

                    public override void step(double current, int? epoch = null)
                    {
                        _last_epoch = epoch ?? _last_epoch + 1;
                        if (IsBetter(current))
                        {
                            _best = current;
                            _bad = 0;
                        }
                        else
                        {
                            _bad++;
                        }

                        if (_resting > 0)
                        {
                            _resting--;
                            _bad = 0;
                        }

                        if (_bad > _patience)
                        {
                            Reduce();
                            _resting = _rest;
                            _bad = 0;
                        }

                        _last_lrs = [.. Rates];
                    }

                    public override void step() => throw NoMetric();

                    public override void step(int? epoch) => throw NoMetric();

                    private static InvalidOperationException NoMetric() =>
                        new("ReduceLROnPlateau steps by a metric: call step(double current, int? epoch).");

                    private bool IsBetter(double current) => (_smaller, _relative) switch
                    {
                        (true, true) => current < _best * (1 - _threshold),
                        (true, false) => current < _best - _threshold,
                        (false, true) => current > _best * (1 + _threshold),
                        (false, false) => current > _best + _threshold,
                    };

                    private void Reduce()
                    {
                        foreach (var (group, lowest) in _optimizer.ParamGroups.Zip(_lowest))
                        {
                            var reduced = Math.Max(group.LearningRate * _factor, lowest);
                            if (group.LearningRate - reduced > _eps)
                            {
                                group.LearningRate = reduced;
                            }
                        }
                    }
                }
            }
        }
    }
}
