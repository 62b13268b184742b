using System.Security.Cryptography;
using Fulgurite;
using OwnCheckpointIO;
using static TorchSharp.torch;

// Trains with encrypted checkpoints saved in the background, and verifies that another key cannot read them.
var folder = Directory.CreateDirectory(args.Length > 0 ? args[0] : "runs/encrypted").FullName;
var (key, wrongKey) = (NewKey("key"), NewKey("wrong-key"));
Trainer.SeedEverything(1);
using var x = rand(200, 1);
using var y = (3 * x) + 1;
var data = DataSource.FromTensors(x, y, new() { BatchSize = 20, Shuffle = true });

using var trained = new LineModule();
await using (var trainer = Compose(key))
{
    Console.WriteLine(trainer.Describe());
    await trainer.FitAsync(trained, data);
}

await using (var trainer = Compose(key))
{
    using var module = new LineModule();
    trainer.LoadWeights(module, "last");
    Console.WriteLine($"trained: {trained}; read back: {module}");
}

await using (var trainer = Compose(wrongKey))
{
    try
    {
        trainer.LoadWeights(trained, "last");
        return 1;
    }
    catch (CheckpointCorruptException exception)
    {
        Console.WriteLine($"with another key: {exception.Message}");
        return 0;
    }
}

Trainer Compose(string keyFile) => Trainer.Create(builder => builder
    .Configure(o => (o.MaxEpochs, o.DefaultRootDirectory) = (50, folder))
    .AddCheckpointIO<EncryptedCheckpointIO>(o => o.KeyFile = keyFile)
    .AddAsyncCheckpointIO()
    .AddModelCheckpoint(o => (o.SaveTopK, o.SaveLast) = (0, true)));

string NewKey(string name)
{
    var path = Path.Combine(folder, name);
    File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(32));
    return path;
}
