namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>Creates trainers that write no files.</summary>
internal static class Silent
{
    public static Trainer Trainer(Action<TrainerOptions> configure) =>
        Fulgurite.Trainer.Create(b => b.Configure(o => o.EnableCheckpointing = false).Configure(configure));
}
