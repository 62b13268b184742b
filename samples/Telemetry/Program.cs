using Fulgurite;
using Fulgurite.Callbacks;
using Fulgurite.IO.Async;
using Fulgurite.Jobs;
using HostedTraining;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Telemetry;

// A hosted training that OpenTelemetry watches: both the meter and the activity source are called Fulgurite. Here they are exported as lines; for a
// collector, put the exporter of the package OpenTelemetry.Exporter.OpenTelemetryProtocol in place of them (AddOtlpExporter()).
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton<ITrainingData<SineBatch>, SineData>();
builder.Services.AddTrainer(options =>
    {
        options.MaxEpochs = builder.Configuration.GetSection("MaxEpochs").Value is { } epochs ? int.Parse(epochs, null) : 20;
        options.DefaultRootDirectory = builder.Configuration["Folder"] ?? "telemetry";
        options.LogEveryNSteps = 10;
    })
    .AddCheckpointIO<AsyncCheckpointIO>()
    .AddCallback<ModelCheckpoint>(options => options.SaveLast = true)
    .AddTrainingJob<SineModule>();

using var metrics = Sdk.CreateMeterProviderBuilder()
    .AddMeter("Fulgurite")
    .AddReader(new PeriodicExportingMetricReader(new MetricLines(Console.Out), exportIntervalMilliseconds: 5000))
    .Build();
using var traces = Sdk.CreateTracerProviderBuilder()
    .AddSource("Fulgurite")
    .AddProcessor(new BatchActivityExportProcessor(new SpanLines(Console.Out)))
    .Build();
await builder.Build().RunAsync();
return Environment.ExitCode;
