using FirstHour;
using Fulgurite;
using Fulgurite.Callbacks;

Trainer.SeedEverything(1);
var (training, validation) = (WaveModel.Data(points: 2000), WaveModel.Data(points: 500));
using var module = new WaveModel();
await using var trainer = Trainer.Create(builder => builder
    .Configure(o => (o.MaxEpochs, o.DefaultRootDirectory) = (20, "waves"))
    .AddCallback<ModelCheckpoint>(o => (o.Monitor, o.SaveLast) = ("val_loss", true))
    .AddCallback<ProgressView>());
using var signals = TerminationSignals.Listen();
await trainer.FitAsync(module, training, validation, checkpointPath: args.FirstOrDefault(), signals.Token);
return signals.ExitCode;
