namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Up to a highest rate and down far below where it began, once; momentum goes the other way.</summary>
                public class OneCycleLR : LRScheduler
                {
                    private readonly int _steps;
                    private readonly bool _linear;
                    private readonly bool _threePhases;
                    private readonly double _firstEnd;
                    private readonly List<(double Initial, double Highest, double Lowest)> _rates;
                    private readonly List<(double Low, double High)> _momentum = [];

                    public OneCycleLR(
                        Optimizer optimizer, double max_lr, int total_steps = -1, int epochs = -1, int steps_per_epoch = -1, double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos, bool cycle_momentum = true, double base_momentum = 0.85, double max_momentum = 0.95,
                        double div_factor = 25, double final_div_factor = 1e4, bool three_phase = false, int last_epoch = -1, bool verbose = false)
                        : this(
                            optimizer, Each(optimizer, max_lr), total_steps, epochs, steps_per_epoch, pct_start, anneal_strategy, cycle_momentum,
                            Each(optimizer, base_momentum), Each(optimizer, max_momentum), div_factor, final_div_factor, three_phase, last_epoch, verbose)
                    {
                    }

                    public OneCycleLR(
                        Optimizer optimizer, IEnumerable<double> max_lr, int total_steps = -1, int epochs = -1, int steps_per_epoch = -1, double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos, bool cycle_momentum = true, IEnumerable<double>? base_momentum = null,
                        IEnumerable<double>? max_momentum = null, double div_factor = 25, double final_div_factor = 1e4, bool three_phase = false,
                        int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        if (total_steps <= 0 && (epochs <= 0 || steps_per_epoch <= 0))
                        {
                            throw new ArgumentException("Give total_steps, or epochs and steps_per_epoch, above 0.", nameof(total_steps));
                        }

                        if (pct_start is < 0 or > 1)
                        {
                            throw new ArgumentException($"pct_start is a fraction between 0 and 1, not {pct_start}.", nameof(pct_start));
                        }

                        _steps = total_steps > 0 ? total_steps : epochs * steps_per_epoch;
                        _linear = anneal_strategy == AnnealStrategy.Linear;
                        _threePhases = three_phase;
                        _firstEnd = (pct_start * _steps) - 1;
                        _rates = [.. max_lr.Select(highest => (highest / div_factor, highest, highest / div_factor / final_div_factor))];
                        if (last_epoch == -1)
                        {
                            foreach (var (group, rates) in optimizer.ParamGroups.Zip(_rates))
                            {
                                group.InitialLearningRate = rates.Initial;
                                group.LearningRate = rates.Initial;
                            }

                            _base_lrs = [.. _rates.Select(rates => rates.Initial)];
                        }

                        if (cycle_momentum)
                        {
                            if (optimizer is not (IMomentum or IBetas))
                            {
                                throw new ArgumentException(
                                    $"{optimizer.GetType().Name} has neither momentum nor betas to cycle. Pass cycle_momentum: false.",
                                    nameof(cycle_momentum));
                            }

                            _momentum = [.. (base_momentum ?? Each(optimizer, 0.85)).Zip(max_momentum ?? Each(optimizer, 0.95))];
                        }

                        step();
                    }

                    public enum AnnealStrategy
                    {
                        Cos,
                        Linear,
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch > _steps)
                        {
                            throw new InvalidOperationException($"The cycle has {_steps} steps, and step {_last_epoch} was asked for.");
                        }

                        foreach (var (group, (low, high)) in _optimizer.ParamGroups.Zip(_momentum))
                        {
                            var momentum = At(high, low, high, high);
                            switch (group)
                            {
                                case IBetas betas:
                                    betas.Betas = (momentum, betas.Betas.Item2);
                                    break;
                                case IMomentum plain:
                                    plain.Momentum = momentum;
                                    break;
                            }
                        }

                        return _rates.Select(rates => At(rates.Initial, rates.Highest, rates.Initial, rates.Lowest));
                    }

                    // Up in the first phase; then down, by way of the third value where there are three phases.
                    private double At(double first, double second, double third, double last)
                    {
                        if (_last_epoch <= _firstEnd)
                        {
                            return Between(first, second, _last_epoch / _firstEnd);
                        }

                        var end = _threePhases ? (2 * (_firstEnd + 1)) - 2 : _steps - 1;
                        if (_last_epoch <= end)
                        {
                            return Between(second, _threePhases ? third : last, (_last_epoch - _firstEnd) / (end - _firstEnd));
                        }

                        return Between(third, last, (_last_epoch - end) / (_steps - 1 - end));
                    }

                    private double Between(double from, double to, double fraction) => _linear
                        ? ((to - from) * fraction) + from
                        : to + ((from - to) / 2 * (Math.Cos(Math.PI * fraction) + 1));

                    private static IEnumerable<double> Each(Optimizer optimizer, double value) => Enumerable.Repeat(value, optimizer.ParamGroups.Count());
                }
            }
        }
    }
}
