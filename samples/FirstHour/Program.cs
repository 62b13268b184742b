using FirstHour;
using Fulgurite;
using Fulgurite.Callbacks;

Trainer.SeedEverything(1);
var training = WaveModel.Data(points: 2000);
var validation = WaveModel.Data(points: 500);
using var module = new WaveModel();
await using var trainer = Trainer.Create(builder => builder
    .Configure(o => { o.MaxEpochs = 20; o.DefaultRootDirectory = "waves"; })
    .AddCallback<ModelCheckpoint>(o => { o.Monitor = "val_loss"; o.SaveLast = true; })
    .AddCallback<ProgressView>());
using var signals = TerminationSignals.Listen();
await trainer.FitAsync(module, training, validation, checkpointPath: args.FirstOrDefault(), signals.Token);
return signals.ExitCode;
