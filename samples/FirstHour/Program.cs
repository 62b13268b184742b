using FirstHour;
using Fulgurite;

Trainer.SeedEverything(1);
var training = WaveModel.Data(points: 2000);
var validation = WaveModel.Data(points: 500);
using var module = new WaveModel();
await using var trainer = Trainer.Create(builder => builder
    .Configure(o =>
    {
        o.MaxEpochs = args.Length > 0 ? int.Parse(args[0]) : 20;
        o.DefaultRootDirectory = "waves";
    })
    .AddAsyncCheckpointIO()
    .AddModelCheckpoint(o => { o.Monitor = "val_loss"; o.SaveLast = true; })
    .AddJsonLinesLogger()
    .AddProgressView());
await trainer.FitAsync(module, training, validation, checkpointPath: Resume.IfPossible);
