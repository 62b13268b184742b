using System.Diagnostics;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

/// <summary>Runs scripts with a Python that has torch; without one a test is inconclusive, except in CI, where it fails.</summary>
internal static class PythonTorch
{
    private static readonly Lazy<string?> Interpreter = new(Find);

    /// <summary>Runs a script and returns what it put into <c>out</c>: by name, the elements of a tensor or a list, as numbers.</summary>
    internal static Dictionary<string, double[]> Run(string script)
    {
        if (Interpreter.Value is not { } python)
        {
            const string Missing = "No Python with torch is installed (Debian: apt-get install python3-torch), so there is nothing to compare with.";
            if (Environment.GetEnvironmentVariable("FULGURITE_CI") == "1")
            {
                Assert.Fail($"{Missing} In CI it has to be there.");
            }

            Assert.Inconclusive(Missing);
            throw new UnreachableException();
        }

        const string Head = """
            import json, torch
            torch.set_num_threads(1)
            out = {}
            """;
        const string Tail = """

            def plain(v):
                if isinstance(v, torch.Tensor):
                    return v.detach().double().reshape(-1).tolist()
                return [float(x) for x in v]
            print(json.dumps({k: plain(v) for k, v in out.items()}))
            """;
        var (status, text, errors) = Start(python, Head + "\n" + script + Tail);
        Assert.AreEqual(0, status, errors);
        return JsonSerializer.Deserialize<Dictionary<string, double[]>>(text)!;
    }

    /// <summary>The elements as Python's numbers are compared: exactly, or nearly.</summary>
    internal static double[] Numbers(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray();
    }

    internal static void AssertClose(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.HasCount(expected.Length, actual, what);
        for (var i = 0; i < expected.Length; i++)
        {
            var allowed = tolerance * Math.Max(1, Math.Abs(expected[i]));
            Assert.IsTrue(Math.Abs(expected[i] - actual[i]) <= allowed, $"{what}[{i}]: Python has {expected[i]:R}, here it is {actual[i]:R}");
        }
    }

    private static string? Find()
    {
        string[] candidates = Environment.GetEnvironmentVariable("FULGURITE_PYTHON") is { } chosen ? [chosen] : ["/usr/bin/python3", "python3"];
        foreach (var python in candidates)
        {
            try
            {
                if (Start(python, "import torch").Status == 0)
                {
                    return python;
                }
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not installed under this name.
            }
        }

        return null;
    }

    private static (int Status, string Text, string Errors) Start(string python, string script)
    {
        using var process = Process.Start(new ProcessStartInfo(python)
        {
            ArgumentList = { "-" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(script);
        process.StandardInput.Close();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, text, errors.GetAwaiter().GetResult());
    }
}
