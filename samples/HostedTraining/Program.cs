using Fulgurite;
using Fulgurite.Jobs;
using HostedTraining;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PluginPackage;

// Composed from hosted-training.json, of parts of this framework and of a separate package. The command line accepts every key:
// --Trainer:MaxEpochs=5 --Job:Resume=false. Ctrl-C saves the newest state; the next start resumes from it.
var builder = Host.CreateApplicationBuilder(args);
builder.Configuration.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "hosted-training.json"));
builder.Configuration.AddCommandLine(args);
builder.Services.AddSingleton<ITrainingData<SineBatch>, SineData>();
builder.Services.AddTrainer(builder.Configuration.GetSection("Trainer"), typeof(StopBelowCallback).Assembly)
    .AddTrainingJob<SineModule>(builder.Configuration.GetSection("Job").Bind);
await builder.Build().RunAsync();
return Environment.ExitCode;
