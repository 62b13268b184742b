namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>Trainers that write nothing.</summary>
internal static class Silent
{
    public static Trainer Trainer(Action<TrainerOptions> configure) =>
        Fulgurite.Trainer.Create(b => b.Configure(o => o.EnableCheckpointing = false).Configure(configure));
}
