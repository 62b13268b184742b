using System.CommandLine;
using Fulgurite.Bench.Objects;

namespace Fulgurite.Bench.Commands;

/// <summary><c>objects</c>: checkpoints in object storage, beside the SDKs of the stores.</summary>
internal static class ObjectsCommand
{
    public static Command Create()
    {
        var stores = new Option<string[]>("--store")
        {
            DefaultValueFactory = _ => ["s3rver", "azurite"],
            AllowMultipleArgumentsPerToken = true,
            Description = "The servers, which eng/object-stores.sh installs: s3rver, moto or azurite.",
        };
        stores.AcceptOnlyFromAmong("s3rver", "moto", "azurite");
        var megabytes = new Option<long>("--mb") { DefaultValueFactory = _ => 1024, Description = "The size of the state, in MiB." };
        var rounds = new Option<int>("--rounds")
        {
            DefaultValueFactory = _ => 3,
            Description = "How often each arm is measured, after one round of warm-up.",
        };
        var delay = new Option<double>("--delay")
        {
            DefaultValueFactory = _ => 30,
            Description = "For how many seconds the store does not answer while a training saves.",
        };
        var command = new Command(
            "objects", "Upload and download of a checkpoint beside the SDK of the store, and a training whose store does not answer.")
        {
            stores, megabytes, rounds, delay,
        };
        command.SetAction(result =>
        {
            foreach (var store in result.GetValue(stores)!)
            {
                if (!ObjectsRun.TryRun(store, result.GetValue(megabytes), result.GetValue(rounds), result.GetValue(delay)))
                {
                    Console.Error.WriteLine($"{store} is not installed; eng/object-stores.sh installs it.");
                    return 1;
                }
            }

            return 0;
        });
        return command;
    }
}
