using CharacterLanguageModel;
using Fulgurite;
using Microsoft.Extensions.Configuration;

// Accepts every option of the trainer, e.g. --MaxEpochs=20; and --Text=FOLDER with your own .md files, --Width=256, --Prompt=...
var settings = new ConfigurationBuilder().AddCommandLine(args).Build();
Trainer.SeedEverything(1);
var corpus = Corpus.Read(settings.GetValue("Text", Path.Combine(AppContext.BaseDirectory, "text"))!);

using var module = new CharacterModel(corpus.Alphabet.Length, settings.GetValue("Width", 128));
await using var trainer = Trainer.Create(builder => builder
    .Configure(o =>
    {
        (o.MaxEpochs, o.GradientClipNorm, o.DefaultRootDirectory) = (8, 1.0, "runs/characters");
        settings.Bind(o);
    })
    .AddAsyncCheckpointIO()
    .AddBestInMemoryCheckpoint(o => (o.Monitor, o.RestoreBest) = ("val_perplexity", true)) // one file, at the end
    .AddProgressView());
await trainer.FitAsync(module, corpus.TrainingWindows(batchSize: 32), corpus.ValidationWindows(batchSize: 64));

// The module has the best weights of all epochs.
var best = await trainer.ValidateAsync(module, corpus.ValidationWindows(batchSize: 64));
Console.WriteLine($"perplexity: {corpus.Alphabet.Length} by guessing, {best["val_perplexity"]:F2} by the model");
Console.WriteLine(
    corpus.Decode(module.Continue(corpus.Encode(settings.GetValue("Prompt", "The trainer ")!), count: 300, temperature: 0.7)));
