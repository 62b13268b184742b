using Fulgurite;
using Fulgurite.Jobs;
using HostedTraining;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// Composed from appsettings.json. The command line accepts every key: --Trainer:MaxEpochs=5 --Job:Resume=false. Ctrl-C saves the newest
// state; the next start resumes from it.
var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Services.AddSingleton<ITrainingData<SineBatch>, SineData>();
builder.Services.AddTrainer(builder.Configuration.GetSection("Trainer"))
    .AddTrainingJob<SineModule>(builder.Configuration.GetSection("Job").Bind);
await builder.Build().RunAsync();
return Environment.ExitCode;
