using Fulgurite;
using Fulgurite.Loggers;
using Microsoft.Extensions.Configuration;
using Shapes;

// Accepts every option of the trainer, e.g. --MaxEpochs=20 --DefaultRootDirectory=elsewhere; and --Images=500.
var settings = new ConfigurationBuilder().AddCommandLine(args).Build();
Trainer.SeedEverything(1);
var images = settings.GetValue("Images", 2000);
var train = Batches(
    Images(images, firstSeed: 0).Map((image, item) => image.Mirror(item.CreateRandom())), // differs from epoch to epoch
    new() { BatchSize = 32, Shuffle = true, Workers = 2 });
var validation = Batches(Images(images / 4, firstSeed: 1_000_000), new() { BatchSize = 100 });

using var module = new ShapeClassifier();
await using var trainer = Trainer.Create(builder => builder
    .Configure(o =>
    {
        (o.MaxEpochs, o.LogEveryNSteps, o.DefaultRootDirectory) = (8, 10, "runs/shapes");
        settings.Bind(o);
    })
    .AddAsyncCheckpointIO()
    .AddModelCheckpoint(o => (o.Monitor, o.Mode) = ("val_accuracy", MonitorMode.Max))
    .AddEarlyStopping(o => (o.Monitor, o.Mode, o.Patience) = ("val_accuracy", MonitorMode.Max, 5))
    .AddExponentialMovingAverage(o => o.Decay = 0.95) // validated and saved are the averaged weights
    .AddLearningRateMonitor()
    .AddProgressView()
    .AddLogger<CsvLogger>()
    .AddLogger<TensorBoardLogger>()
    .AddLogger<HtmlReportLogger>(o => o.Title = "Circles, squares and triangles"));
await trainer.FitAsync(module, train, validation);

var table = new ConfusionTable();
var predictions = await trainer.PredictAsync(module, validation, checkpointPath: "best");
foreach (var (predicted, batch) in predictions.Zip(validation))
{
    table.Add(predicted, batch.Kind);
}

Console.WriteLine(table);

// Each image has its own seed, so it is the same in every epoch.
static IDataset<ShapeImage> Images(int count, int firstSeed) =>
    Dataset.Create(count, item => ShapeImage.Draw(new Random(firstSeed + (int)item.Index), noise: 0.2f));

static DataSource<ShapeBatch> Batches(IDataset<ShapeImage> images, DataSourceOptions options) =>
    DataSource.From(images, Collate.Stack<ShapeImage, ShapeBatch>, options);
