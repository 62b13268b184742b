// An application that knows the packages only: looks into them, then trains, saves and resumes with them. Arguments: PACKAGES RUN, two
// folders. With RUN alone, it resumes what it saved there and prints the number of methods that were compiled.
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime;
using System.Text.RegularExpressions;
using Fulgurite;
using Fulgurite.Callbacks;
using Fulgurite.IO;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

if (args.Length == 1)
{
    await FitAsync(args[0], 9, "last");
    Console.WriteLine(JitInfo.GetCompiledMethodCount());
    return;
}

var packages = Directory.GetFiles(args[0], "Fulgurite*.nupkg");
string[] platforms =
[
    .. packages.Select(package => Regex.Match(Path.GetFileName(package), @"^Fulgurite\.Cli\.([a-z]+-[a-z0-9]+)\.[0-9]").Groups[1].Value)
        .Where(platform => platform.Length > 0),
];
Require(platforms.Length > 0, $"no package in {args[0]} is for a platform");
string[] compiled =
[
    "Fulgurite", "Fulgurite.Callbacks", "Fulgurite.Core", "Fulgurite.Data", "Fulgurite.IO", "Fulgurite.Loggers", "Fulgurite.Metrics",
    "Fulgurite.Strategies",
];
string[] expected =
[
    "Callbacks.", "Cli.", "Cli.any.", "Core.", "Data.", "IO.", "Loggers.", "Metrics.", "Storage.AzureBlobs.", "Storage.S3.", "Strategies.",
    "Templates.", "Testing.", "", .. platforms.Select(platform => $"Cli.{platform}."),
];
foreach (var part in expected)
{
    Require(
        packages.Any(package => Regex.IsMatch(Path.GetFileName(package), $@"^Fulgurite\.{Regex.Escape(part)}[0-9]")),
        $"there is no package Fulgurite.{part.TrimEnd('.')} in {args[0]}");
}

Require(
    packages.Length == expected.Length,
    $"expected {expected.Length} packages in {args[0]} and found {packages.Length}: a new one belongs into this list");
foreach (var package in packages)
{
    using var zip = ZipFile.OpenRead(package);
    var name = Path.GetFileName(package);
    string[] wanted = name.StartsWith("Fulgurite.Cli.", StringComparison.Ordinal)
        || name.StartsWith("Fulgurite.Templates.", StringComparison.Ordinal)
        ? ["README.md", "LICENSE"]
        : ["README.md", "LICENSE", ".dll", ".xml"];
    foreach (var entry in wanted)
    {
        Require(zip.Entries.Any(file => file.FullName.EndsWith(entry, StringComparison.Ordinal)), $"{name} has no {entry}");
    }

    var specification = zip.Entries.Single(file => file.FullName.EndsWith(".nuspec", StringComparison.Ordinal));
    using var reader = new StreamReader(specification.Open());
    var text = reader.ReadToEnd();
    foreach (var element in new[]
    {
        "<license type=\"expression\">Apache-2.0</license>",
        "<readme>README.md</readme>",
        "<description>",
        "<authors>",
        "<tags>",
    })
    {
        Require(text.Contains(element, StringComparison.Ordinal), $"{name} has no {element} in its description");
    }

    Require(
        name.StartsWith("Fulgurite.Templates.", StringComparison.Ordinal) || File.Exists(Path.ChangeExtension(package, ".snupkg")),
        $"{name} has no package of symbols beside it");
}

foreach (var name in compiled)
{
    using var zip = ZipFile.OpenRead(
        packages.Single(package => Regex.IsMatch(Path.GetFileName(package), $@"^{Regex.Escape(name)}\.[0-9]")));
    var (identity, isCompiled) = Read(zip.GetEntry($"lib/net10.0/{name}.dll")!);
    Require(!isCompiled, $"lib of {name}, which is for any platform, has compiled code");
    foreach (var platform in platforms)
    {
        var entry = zip.GetEntry($"runtimes/{platform}/lib/net10.0/{name}.dll");
        Require(entry is not null && Read(entry) == (identity, true), $"{name} has no code for {platform}, compiled from its IL");
    }
}

manual_seed(1);
var directory = args[1];
var losses = new List<double>();
foreach (var epochs in new[] { 3, 6 })
{
    losses.Add(await FitAsync(directory, epochs, epochs == 3 ? null : "last"));
}

Require(losses[1] < losses[0], $"the loss went from {losses[0]} to {losses[1]}");
Console.WriteLine(
    $"{packages.Length} packages are whole; a project that knows nothing else trained, saved and resumed: loss {losses[0]:0.0000}, "
        + $"then {losses[1]:0.0000}.");

static async Task<double> FitAsync(string directory, int epochs, string? checkpoint)
{
    var services = new ServiceCollection().AddLogging();
    services.AddTrainer(options => (options.MaxEpochs, options.DefaultRootDirectory) = (epochs, directory))
        .AddCheckpointIO<AsyncCheckpointIO>()
        .AddCallback<ModelCheckpoint>(options => options.SaveLast = true);
    await using var provider = services.BuildServiceProvider();
    var trainer = provider.GetRequiredService<Trainer>();
    using var module = new Line();
    var result = await trainer.FitAsync(module, Batches(), checkpointPath: checkpoint);
    Require(trainer.CurrentEpoch == epochs, $"trained {trainer.CurrentEpoch} epochs and not {epochs}");
    return result.Metrics["loss"];
}

// The identity of the compilation, and whether there is code for a platform beside IL.
static (Guid Identity, bool IsCompiled) Read(ZipArchiveEntry entry)
{
    using var content = new MemoryStream();
    using (var stream = entry.Open())
    {
        stream.CopyTo(content);
    }

    content.Position = 0;
    using var image = new PEReader(content);
    var metadata = image.GetMetadataReader();
    return (metadata.GetGuid(metadata.GetModuleDefinition().Mvid), image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0);
}

static List<(Tensor, Tensor)> Batches() => [.. Enumerable.Range(0, 20).Select(number =>
{
    var inputs = full([8L, 1L], (number % 5) / 5f);
    return (inputs, (inputs * 2) + 1);
})];

static void Require(bool condition, string message)
{
    if (!condition)
    {
        Console.Error.WriteLine($"Wrong: {message}.");
        Environment.Exit(1);
    }
}

internal sealed class Line : TrainingModule<(Tensor Inputs, Tensor Targets)>
{
    private readonly TorchSharp.Modules.Linear linear = nn.Linear(1, 1);

    public Line()
        : base(nameof(Line)) => RegisterComponents();

    public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.05);

    public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        var loss = nn.functional.mse_loss(linear.call(batch.Inputs), batch.Targets);
        Log("loss", loss);
        return loss;
    }
}
