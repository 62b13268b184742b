using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>The momentum of a group: its own, or the first of its betas.</summary>
internal static class GroupMomentum
{
    /// <exception cref="ArgumentException">A group has none.</exception>
    public static void Check(optim.Optimizer optimizer, IEnumerable<optim.ILearningRateController> groups, string scheduler)
    {
        if (groups.Any(group => group is not (optim.IMomentum or optim.IBetas)))
        {
            throw new ArgumentException($"{optimizer.GetType().Name} has no momentum that {scheduler} could cycle. Set cycleMomentum to false.", nameof(optimizer));
        }
    }

    public static void Set(optim.ILearningRateController group, double momentum)
    {
        switch (group)
        {
            case optim.IMomentum own:
                own.Momentum = momentum;
                break;
            case optim.IBetas own:
                own.Betas = (momentum, own.Betas.Item2);
                break;
            default:
                break;
        }
    }
}
