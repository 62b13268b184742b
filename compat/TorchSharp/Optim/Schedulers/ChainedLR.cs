namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>All the schedulers at every step, one upon the other.</summary>
                public class ChainedLR : LRScheduler
                {
                    private readonly LRScheduler[] _schedulers;

                    public ChainedLR(IEnumerable<LRScheduler> schedulers)
                    {
                        _schedulers = [.. schedulers];
                        if (_schedulers.Length == 0)
                        {
                            throw new ArgumentException("A chain needs at least one scheduler.", nameof(schedulers));
                        }

                        _optimizer = _schedulers[0]._optimizer;
                        if (_schedulers.Any(scheduler => scheduler._optimizer != _optimizer))
                        {
                            throw new ArgumentException(
                                "Every scheduler of a chain must be made for the same optimizer.", nameof(schedulers));
                        }

                        _last_lrs = [.. Rates];
                    }

                    public override void step()
                    {
                        foreach (var scheduler in _schedulers)
                        {
                            scheduler.step();
                        }

                        _last_lrs = [.. Rates];
                    }
                }
            }
        }
    }
}
