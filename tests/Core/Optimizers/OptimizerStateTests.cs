using Fulgurite.Tests.IO;

namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>The state of every optimizer is kept to the bit, and is Python's.</summary>
[TestClass]
public sealed class OptimizerStateTests
{
    private const int Before = 5;
    private const int After = 7;

    private static readonly string Folder = Path.Combine(Path.GetTempPath(), $"fulgurite-optimizers-{Environment.ProcessId}");

    /// <summary>Python's own runs: the state in the middle, and the parameters there and at the end.</summary>
    private static readonly Lazy<string> Python = new(() => PythonInterop.RunText(
        Head + """
        for name, make in CASES.items():
            p = parameters(); o = make(p); steps(p, o, 1, BEFORE)
            torch.save({"optimizer": o.state_dict(), "parameters": [q.detach().clone() for q in p]}, f"{folder}/{name}.middle.pt")
            steps(p, o, 2, AFTER)
            torch.save({"optimizer": o.state_dict(), "parameters": [q.detach().clone() for q in p]}, f"{folder}/{name}.end.pt")

        """,
        Directory.CreateDirectory(Folder).FullName));

    public static IEnumerable<object[]> Names => OptimizerCase.All.Select(item => new object[] { item.Name });

    private static string Head => $$"""
        import sys, torch
        torch.set_num_threads(1)
        folder, BEFORE, AFTER = (sys.argv[1:] or [None])[0], {{Before}}, {{After}}
        def parameters():
            torch.manual_seed(31)
            return [torch.nn.Parameter(torch.randn(7, 3)), torch.nn.Parameter(torch.randn(5))]
        def steps(p, o, seed, count):
            torch.manual_seed(seed)
            for i in range(count):
                for q in p: q.grad = torch.randn(q.shape)
                o.step()
        CASES = {

        """ + string.Concat(OptimizerCase.All.Select(item => $"    '{item.Name}': lambda p: torch.optim.{item.Python},\n")) + "}\n";

    [ClassCleanup]
    public static void RemoveFiles()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    [TestProperty("Behaviour", "LP10")]
    public void Apply_InTheMiddle_GoesOnAsIfNeverStoppedBitForBit(string name)
    {
        var (parameters, optimizer) = Make(name);
        Steps(parameters, optimizer, 1, Before);
        using var saved = StateCopies.Copy(new TrainingState(OptimizerStates.Capture(optimizer)));
        var (others, resumed) = Make(name);
        CopyParameters(parameters, others);

        OptimizerStates.Check(saved.Root, resumed, 0);
        using (NewDisposeScope())
        {
            // What is loaded inside a scope is there after it.
            OptimizerStates.Apply(saved.Root, resumed);
        }

        Steps(parameters, optimizer, 2, After);
        Steps(others, resumed, 2, After);
        AssertSame(parameters, others);
        StateAssert.HaveSameValues(
            new TrainingState(OptimizerStates.Capture(optimizer)), new TrainingState(OptimizerStates.Capture(resumed)));
        optimizer.Dispose();
        resumed.Dispose();
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Apply_OfAnEarlierStep_TakesBackWhatCameAfter(string name)
    {
        var (parameters, optimizer) = Make(name);
        using var saved = StateCopies.Copy(new TrainingState(OptimizerStates.Capture(optimizer)));
        var before = parameters.Select(parameter => parameter.detach().clone()).ToArray();
        Steps(parameters, optimizer, 1, Before);
        var first = parameters.Select(parameter => parameter.detach().clone()).ToArray();

        OptimizerStates.Apply(saved.Root, optimizer);
        CopyParameters(before, parameters);
        Steps(parameters, optimizer, 1, Before);

        AssertSame(first, parameters);
        optimizer.Dispose();
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Apply_OfPython_GoesOnAsPythonDoes(string name)
    {
        _ = Python.Value;
        var item = OptimizerCase.Of(name);
        using var middle = Load($"{name}.middle.pt");
        using var end = Load($"{name}.end.pt");
        var (parameters, optimizer) = Make(name);
        CopyParameters([.. middle["parameters"].AsList().Select(value => value.AsTensor().ToTensor())], parameters);

        OptimizerStates.Check(middle["optimizer"].AsMap(), optimizer, 0);
        OptimizerStates.Apply(middle["optimizer"].AsMap(), optimizer);

        AssertHoldsAll(middle["optimizer"].AsMap(), OptimizerStates.Capture(optimizer), name);
        var trajectory = new Trajectory(parameters);
        Steps(parameters, optimizer, 2, After, trajectory.Note);
        var expected = end["parameters"].AsList().Select(value => value.AsTensor().ToTensor()).ToArray();
        switch (item.Agreement)
        {
            case OptimizerAgreement.Exact:
                AssertSame(expected, parameters);
                AssertHoldsAll(end["optimizer"].AsMap(), OptimizerStates.Capture(optimizer), name, After);
                break;
            case OptimizerAgreement.Rounded:
                trajectory.AssertEndsAt(expected);
                break;
            case OptimizerAgreement.FormulaOnly:
                AssertHoldsAll(end["optimizer"].AsMap(), OptimizerStates.Capture(optimizer), name, After);
                trajectory.AssertEndsAt(FollowFormula(name, middle));
                break;
        }

        optimizer.Dispose();
    }

    [TestMethod]
    public void Capture_GivenToPython_LetsItGoOnAsItWould()
    {
        _ = Python.Value;
        var io = new TorchCheckpointIO();
        foreach (var item in OptimizerCase.All)
        {
            var (parameters, optimizer) = Make(item.Name);
            Steps(parameters, optimizer, 1, Before);
            using var state = new TrainingState
            {
                ["optimizer"] = OptimizerStates.Capture(
                    optimizer,
                    new Dictionary<Parameter,
                    string>(ReferenceEqualityComparer.Instance)
                    { [parameters[0]] = "a", [parameters[1]] = "b" }),
                ["parameters"] = new StateList(parameters.Select(parameter => TensorData.FromTensor(parameter))),
            };
            io.SaveCheckpointAsync(state, Path.Combine(Folder, $"{item.Name}.here.pt"), null, CancellationToken.None)
                .GetAwaiter()
                .GetResult();
            optimizer.Dispose();
        }

        PythonInterop.RunText(
            Head + """
            for name, make in CASES.items():
                here = torch.load(f"{folder}/{name}.here.pt"); end = torch.load(f"{folder}/{name}.end.pt")
                p = parameters(); o = make(p)
                with torch.no_grad():
                    for q, v in zip(p, here["parameters"]): q.copy_(v)
                o.load_state_dict(here["optimizer"])
                missing = [k for k in end["optimizer"]["param_groups"][0] if k not in here["optimizer"]["param_groups"][0] and k not in ("fused", "differentiable", "capturable")]
                assert not missing, (name, missing)
                steps(p, o, 2, AFTER)
                if not name.startswith("nadam"):
                    for q, v in zip(p, end["parameters"]): assert torch.allclose(q, v, rtol=1e-5, atol=1e-6), (name, q, v)

            """,
            Folder);
    }

    private static (Parameter[] Parameters, OptimizerHelper Optimizer) Make(string name)
    {
        manual_seed(31);
        Parameter[] parameters = [nn.Parameter(randn(7, 3)), nn.Parameter(randn(5))];
        return (parameters, OptimizerCase.Of(name).Make(parameters));
    }

    /// <summary>
    /// Where the formula of a case leads from a state of Python, with the gradients of <see cref="Apply_OfPython_GoesOnAsPythonDoes"/>.
    /// </summary>
    private static Tensor[] FollowFormula(string name, TrainingState middle)
    {
        var parameters = middle["parameters"].AsList().Select(value => Numbers(value.AsTensor())).ToArray();
        var shapes = middle["parameters"].AsList().Select(value => value.AsTensor().Shape.ToArray()).ToArray();
        var steps = middle["optimizer"].AsMap()["state"].AsMap().Select(entry => Formula(name, entry.Value.AsMap())).ToArray();
        manual_seed(2);
        for (var step = 0; step < After; step++)
        {
            for (var index = 0; index < parameters.Length; index++)
            {
                using var gradient = randn(shapes[index]);
                steps[index](parameters[index], Array.ConvertAll(gradient.data<float>().ToArray(), value => (double)value));
            }
        }

        return [.. parameters.Zip(shapes, (values, shape) => tensor(Array.ConvertAll(values, value => (float)value), shape))];
    }

    private static Action<double[], double[]> Formula(string name, StateMap entry)
    {
        var (step, mean, square) = (
            (long)OptimizerScalars.Read(entry["step"], "step"),
            Numbers(entry["exp_avg"].AsTensor()),
            Numbers(entry["exp_avg_sq"].AsTensor()));
        return name == "nadam"
            ? new ReferenceNAdam(OptimizerCase.FormulaRate)
            {
                Steps = step,
                Mean = mean,
                Square = square,
                MuProduct = OptimizerScalars.Read(entry["mu_product"], "mu_product"),
            }.Step
            : new ReferenceRAdam(OptimizerCase.FormulaRate, isRateSquared: true) { Steps = step, Mean = mean, Square = square }.Step;
    }

    private static double[] Numbers(TensorData data)
    {
        using var read = data.ToTensor();
        return Array.ConvertAll(read.data<float>().ToArray(), value => (double)value);
    }

    private static void Steps(Parameter[] parameters, OptimizerHelper optimizer, long seed, int count, Action? stepped = null)
    {
        manual_seed(seed);
        for (var index = 0; index < count; index++)
        {
            using var scope = NewDisposeScope();
            foreach (var parameter in parameters)
            {
                parameter.grad = randn(parameter.shape);
            }

            optimizer.step();
            stepped?.Invoke();
            foreach (var parameter in parameters)
            {
                parameter.grad = null;
            }
        }
    }

    private static void CopyParameters(Tensor[] from, Parameter[] to)
    {
        using var _ = no_grad();
        for (var index = 0; index < to.Length; index++)
        {
            to[index].copy_(from[index]);
        }
    }

    private static void AssertSame(Tensor[] expected, Tensor[] actual)
    {
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.AreSequenceEqual(expected[index].bytes.ToArray(), actual[index].bytes.ToArray());
        }
    }

    /// <summary>Every tensor and setting that Python keeps is kept here too, with its value.</summary>
    private static void AssertHoldsAll(StateMap python, StateMap here, string name, int steps = 0)
    {
        foreach (var (number, entry) in python["state"].AsMap())
        {
            foreach (var (field, value) in entry.AsMap())
            {
                if (value is TensorData { ElementCount: > 1 } tensor)
                {
                    var own = here["state"].AsMap()[number].AsMap()[field].AsTensor();
                    Assert.AreSequenceEqual(Bytes(tensor), Bytes(own), $"{name}: {field} of parameter {number}");
                }
                else if (value is not StateNull && !(field.ToString() == "step" && name.StartsWith("sgd", StringComparison.Ordinal)))
                {
                    // Python keeps such numbers as floats.
                    var expected = OptimizerScalars.Read(value, field.ToString());
                    var own = OptimizerScalars.Read(here["state"].AsMap()[number].AsMap()[field], field.ToString());
                    Assert.AreEqual(expected, own, Math.Abs(expected) * steps / (1 << 23), $"{name}: {field} of parameter {number}");
                }
            }
        }

        foreach (var (key, value) in python["param_groups"].AsList()[0].AsMap())
        {
            if (here["param_groups"].AsList()[0].AsMap().TryGetValue(key, out var own) && own is StateReal or StateInteger)
            {
                Assert.AreEqual(value.AsReal(), own.AsReal(), $"{name}: {key}");
            }
        }
    }

    private static byte[] Bytes(TensorData tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }

    private static TrainingState Load(string file) =>
        new TorchCheckpointIO().LoadCheckpointAsync(Path.Combine(Folder, file), null, CancellationToken.None).GetAwaiter().GetResult();
}
