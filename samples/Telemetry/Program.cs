using Fulgurite;
using Fulgurite.Jobs;
using HostedTraining;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

// A hosted training with OpenTelemetry: the meter and the activity source are both named Fulgurite. The console exporters print them; for a
// collector, use AddOtlpExporter() of the package OpenTelemetry.Exporter.OpenTelemetryProtocol instead.
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton<ITrainingData<SineBatch>, SineData>();
builder.Services.AddTrainer(options =>
    {
        options.MaxEpochs = builder.Configuration.GetSection("MaxEpochs").Value is { } epochs ? int.Parse(epochs, null) : 20;
        options.DefaultRootDirectory = builder.Configuration["Folder"] ?? "telemetry";
        options.LogEveryNSteps = 10;
    })
    .AddAsyncCheckpointIO()
    .AddModelCheckpoint(options => options.SaveLast = true)
    .AddTrainingJob<SineModule>();

using var metrics = Sdk.CreateMeterProviderBuilder()
    .AddMeter("Fulgurite")
    .AddConsoleExporter((_, reader) => reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = 5000)
    .Build();
using var traces = Sdk.CreateTracerProviderBuilder()
    .AddSource("Fulgurite")
    .AddConsoleExporter()
    .Build();
await builder.Build().RunAsync();
return Environment.ExitCode;
