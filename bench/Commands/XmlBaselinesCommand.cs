using System.CommandLine;
using System.Globalization;
using AttentionXml.Data.Generated;
using Fulgurite.Bench.Measuring;
using Fulgurite.Bench.Xml.Baselines;

namespace Fulgurite.Bench.Commands;

/// <summary><c>xml-baselines</c>: the label tree of the sample AttentionXml next to simpler methods.</summary>
internal static class XmlBaselinesCommand
{
    public static Command Create()
    {
        var methods = new Option<string[]>("--methods")
        {
            DefaultValueFactory = _ => BaselineRun.Methods,
            AllowMultipleArgumentsPerToken = true,
            Description = "popularity, linear (one-vs-rest on tf-idf), flat (scores every label), tree; each in a process of its own.",
        };
        methods.AcceptOnlyFromAmong(BaselineRun.Methods);
        var generate = new Option<string?>("--generate")
        {
            Description = "Generated documents of this shape instead of the package index of this machine.",
        };
        generate.AcceptOnlyFromAmong(DataShape.Names);
        var documents = new Option<int?>("--max-documents") { Description = "First training documents to use. Default: all." };
        var frequency = Option.Of("--min-label-frequency", 1, "Training documents that must have a label.");
        var epochs = Option.Of("--epochs", 3, "Epochs of the flat model and of each level.");
        var width = Option.Of("--width", 128, "Width of word vectors, and of the LSTM in each direction, in the flat model and the tree.");
        var published = new Option<bool>("--published")
        {
            Description = "The flat model and the tree as published: random word vectors, attention scores not added to the log-odds.",
        };
        var levels = Option.Of("--levels", 2, "Levels of the tree.");
        var trees = Option.Of("--trees", 1, "Trees with successive seeds, whose probabilities are averaged.");
        var cost = Option.Of<double>("--cost", 1, "Weight of the loss against the regularization in the linear classifiers.");
        var tolerance = Option.Of(
            "--tolerance", 0.1, "Largest difference of projected gradients at the end of a linear classifier; LIBLINEAR's default is 0.1.");
        var seed = Option.Of("--seed", 1, "The seed of the flat model and the tree.");
        var threads = Option.Of("--threads", Environment.ProcessorCount, "Threads of each method.");
        var directory = Option.Of("--dir", Path.Combine("artifacts", "bench-xml-baselines"), "Where checkpoints go; removed at the end.");
        var worker = new Option<bool>("--worker") { Hidden = true };
        var command = new Command(
            "xml-baselines",
            "The label tree of AttentionXML next to popularity, linear classifiers and the flat model: scores, time, memory.")
        {
            methods, generate, documents, frequency, epochs, width, published, levels, trees, cost, tolerance, seed, threads, directory,
            worker,
        };
        command.SetAction(async (result, _) =>
        {
            string[] sample =
            [
                "--min-label-frequency", Text(result.GetValue(frequency)),
                .. result.GetValue(generate) is { } shape ? new[] { "--generate", shape } : [],
                .. result.GetValue(documents) is { } count ? new[] { "--max-documents", Text(count) } : [],
            ];
            string[] training = ["--epochs", Text(result.GetValue(epochs)), "--seed", Text(result.GetValue(seed))];
            string[] network =
            [
                "--embedding", Text(result.GetValue(width)), "--hidden", Text(result.GetValue(width)),
                "--mlp", Text(result.GetValue(width) / 2),
                .. result.GetValue(published) ? Array.Empty<string>() : ["--word-vectors", "--add-attention", "--parent-weight", "0.25"],
            ];
            string[] tree = ["--levels", Text(result.GetValue(levels)), "--trees", Text(result.GetValue(trees))];
            var settings = new BaselineSettings(
                result.GetValue(methods)!,
                sample,
                [.. training, .. network, "--validate-every", "125", "--average-from", "1"],
                [.. tree, "--cluster-size", "32", "--beam", "32"],
                result.GetValue(cost),
                result.GetValue(tolerance),
                result.GetValue(threads),
                result.GetValue(directory)!);
            if (result.GetValue(worker))
            {
                await BaselineRun.RunAsync(settings.Methods.Single(), settings);
                return 0;
            }

            foreach (var method in settings.Methods)
            {
                if (await RunAsync(
                    [
                        "xml-baselines", "--worker", "--methods", method, .. sample, .. training, .. tree,
                        "--width", Text(result.GetValue(width)), .. result.GetValue(published) ? ["--published"] : Array.Empty<string>(),
                        "--cost", Text(settings.Cost), "--tolerance", Text(settings.Tolerance), "--threads", Text(settings.Threads),
                        "--dir", settings.Directory,
                    ]) is var code and not 0)
                {
                    return code;
                }
            }

            return 0;
        });
        return command;
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    private static async Task<int> RunAsync(string[] arguments)
    {
        using var process = OwnProcess.Start(arguments);
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Console.Out.WriteLine(line);
        }

        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
