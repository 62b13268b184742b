using System.CommandLine;
using Fulgurite.Bench.Xml;

namespace Fulgurite.Bench.Commands;

/// <summary><c>xml</c>: what best and last at every validation cost a training of AttentionXML at its published sizes.</summary>
internal static class XmlCommand
{
    public static Command Create()
    {
        var shape = new Option<string>("--shape")
        {
            DefaultValueFactory = _ => XmlShape.Names[0],
            Description =
                "A data set and a level of its label tree: amazoncat-0 (1.8 GiB with Adam), amazoncat-1 (1.9 GiB), amazon670k-0 (3.2 GiB).",
        };
        shape.AcceptOnlyFromAmong(XmlShape.Names);
        var arms = new Option<string[]>("--arms")
        {
            DefaultValueFactory = _ => XmlRun.Arms,
            AllowMultipleArgumentsPerToken = true,
            Description = "none, torch (training waits), async, async-best-in-ram, incremental (in the background); in turns.",
        };
        arms.AcceptOnlyFromAmong(XmlRun.Arms);
        var scale = new Option<double>("--scale")
        {
            DefaultValueFactory = _ => 1,
            Description = "The part of words and labels; 1 for the published sizes.",
        };
        var validations = new Option<int>("--validations")
        {
            DefaultValueFactory = _ => 20,
            Description = "Validations of one training; each is better than the one before, so best and last are saved.",
        };
        var every = new Option<int>("--every") { DefaultValueFactory = _ => 5, Description = "Steps from one validation to the next." };
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 8, Description = "Documents in a batch." };
        var tokens = new Option<int>("--tokens") { DefaultValueFactory = _ => 64, Description = "Words of a document." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 3, Description = "Trainings of each arm." };
        var optimizer = new Option<string>("--optimizer")
        {
            DefaultValueFactory = _ => "fused",
            Description = "fused (FusedAdam) or adam (TorchSharp's).",
        };
        optimizer.AcceptOnlyFromAmong("fused", "adam");
        var directory = new Option<string>("--dir")
        {
            DefaultValueFactory = _ => Path.Combine("artifacts", "bench-xml"),
            Description = "Where checkpoints go; emptied at the end.",
        };
        var peers = new Option<bool>("--peers")
        {
            Description = "Measure the same model in Python as well, without saves and with torch.save.",
        };
        var command = new Command(
            "xml", "AttentionXML at its published sizes: best and last at every validation, while training waits and in the background.")
        {
            shape, arms, scale, validations, every, batch, tokens, rounds, optimizer, directory, peers,
        };
        command.SetAction(result => new XmlRun(new XmlSettings(
            result.GetValue(shape)!,
            result.GetValue(scale),
            result.GetValue(arms)!,
            result.GetValue(validations),
            result.GetValue(every),
            result.GetValue(batch),
            result.GetValue(tokens),
            result.GetValue(rounds),
            result.GetValue(optimizer) == "fused",
            result.GetValue(directory)!,
            result.GetValue(peers))).Run());
        return command;
    }
}
