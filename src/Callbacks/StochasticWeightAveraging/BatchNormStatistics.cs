using TorchSharp.Modules;

namespace Fulgurite.Callbacks;

/// <summary>Recomputes the running statistics of batch norms as the mean over the training data.</summary>
internal static class BatchNormStatistics
{
    public static void Update(Trainer trainer, TrainingModule module)
    {
        var norms = module.modules().OfType<NormBase>().Where(norm => norm is { running_mean: not null, running_var: not null }).ToList();
        if (norms.Count == 0)
        {
            return;
        }

        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        var momenta = norms.ConvertAll(norm => norm.momentum);
        try
        {
            foreach (var norm in norms)
            {
                norm.reset_running_stats();

                // Without a momentum, a batch norm computes the mean over all batches.
                norm.momentum = null;
            }

            trainer.ForwardTrainingData();
        }
        finally
        {
            for (var index = 0; index < norms.Count; index++)
            {
                norms[index].momentum = momenta[index];
            }
        }
    }
}
