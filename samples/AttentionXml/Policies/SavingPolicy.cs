using AttentionXml.Model;
using AttentionXml.Run;
using Fulgurite;
using Fulgurite.Callbacks;
using Fulgurite.Composition;
using Fulgurite.IO;

namespace AttentionXml.Policies;

/// <summary>The content and method of saves in a run.</summary>
/// <param name="Name">The name in results.</param>
/// <param name="IO">One of <see cref="CheckpointSaving.Names"/>.</param>
/// <param name="KeepsBestInMemory">True to keep the best state in memory until the end; false to save best and newest at every
/// validation.</param>
/// <param name="Storage">The storage; null for the local file system.</param>
internal sealed record SavingPolicy(string Name, string IO, bool KeepsBestInMemory = false, IStorage? Storage = null)
{
    /// <summary>The best and the newest state at every validation.</summary>
    public static SavingPolicy BestAndLast(string io) => new("best-and-last", io);

    public void AddTo(ITrainerBuilder trainer, string directory)
    {
        trainer.AddCheckpointIO(
            _ => IO == CheckpointSaving.Incremental ? new IncrementalCheckpointIO(storage: Storage) : new TorchCheckpointIO(Storage));
        if (IO != CheckpointSaving.Torch)
        {
            trainer.AddCheckpointIO<Fulgurite.AsyncCheckpointIO>();
        }

        if (KeepsBestInMemory)
        {
            trainer.AddCallback<BestInMemoryCheckpoint>(
                o => (o.DirPath, o.Monitor, o.Mode) = (directory, AttentionXmlModule.Ndcg5, MonitorMode.Max));
        }
        else
        {
            trainer.AddCallback<ModelCheckpoint>(o =>
            {
                o.DirPath = directory;
                o.Filename = "best-{step}";
                o.Monitor = AttentionXmlModule.Ndcg5;
                o.Mode = MonitorMode.Max;
                o.SaveLast = true;

                // A killed run may leave a newer best than its last: the resumed run saves it again, in the same bits.
                o.EnableVersionCounter = false;
            });
        }
    }
}
