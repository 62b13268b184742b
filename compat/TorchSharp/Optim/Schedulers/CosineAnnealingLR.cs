namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Down along half a cosine to a lowest rate, and up again.</summary>
                public class CosineAnnealingLR : LRScheduler
                {
                    private readonly double _half;
                    private readonly double _lowest;

                    public CosineAnnealingLR(
                        Optimizer optimizer, double T_max, double eta_min = 0, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _half = T_max;
                        _lowest = eta_min;
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch == 0)
                        {
                            return Rates;
                        }

                        // At the turn the quotient below is 0 / 0.
                        if ((_last_epoch - 1 - _half) % (2 * _half) == 0)
                        {
                            return Rates.Zip(
                                _base_lrs, (rate, initial) => rate + ((initial - _lowest) * (1 - Math.Cos(Math.PI / _half)) / 2));
                        }

                        var factor = (1 + Math.Cos(Math.PI * _last_epoch / _half)) / (1 + Math.Cos(Math.PI * (_last_epoch - 1) / _half));
                        return Rates.Select(rate => (factor * (rate - _lowest)) + _lowest);
                    }

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        _base_lrs.Select(rate => _lowest + ((rate - _lowest) * (1 + Math.Cos(Math.PI * _last_epoch / _half)) / 2));
                }
            }
        }
    }
}
