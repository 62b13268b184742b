using System.Text.Json;
using Fulgurite.Schedulers;
using Fulgurite.Tests.IO;

namespace Fulgurite.Tests.Core.Schedulers;

/// <summary>Every scheduler sets what Python's sets, and goes on from a state of either.</summary>
[TestClass]
public sealed class SchedulerTests
{
    private static readonly string Directory = Path.Combine(Path.GetTempPath(), $"fulgurite-schedulers-{Environment.ProcessId}");

    private static readonly Lazy<Dictionary<string, double[][]>> Python =
        new(() => JsonSerializer.Deserialize<Dictionary<string, double[][]>>(PythonInterop.RunText(
            SchedulerCase.PythonHead + """
                out = {}
                for name, (scheduler, adam) in CASES.items():
                    o = make(adam); s = scheduler(o); out[name] = [see(o)]
                    for i in range(STEPS):
                        if i == MIDDLE:
                            state = s.state_dict()
                            # What cannot be saved, or drags the scheduler itself along; versions from 2.0 leave it out.
                            for key in ("_scale_fn_ref", "anneal_func"): state.pop(key, None)
                            torch.save({"optimizer": o.state_dict(), "scheduler": state}, sys.argv[1] + "/" + name + ".pt")
                        step(s, i); out[name].append(see(o))
                print(json.dumps(out))
                """
                .Replace("STEPS", $"{SchedulerCase.Steps}", StringComparison.Ordinal)
                .Replace("MIDDLE", $"{SchedulerCase.Middle}", StringComparison.Ordinal),
            System.IO.Directory.CreateDirectory(Directory).FullName))!);

    public static IEnumerable<object[]> Names => SchedulerCase.Names;

    [ClassCleanup]
    public static void RemoveFiles()
    {
        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Step_ThreeHundredTimes_SetsWhatPythonSets(string name)
    {
        var expected = Python.Value[name];
        using var scope = NewDisposeScope();
        var (optimizer, scheduler) = Make(name);
        using var _ = optimizer;

        Compare(expected[0], optimizer, $"{name}, as it is made");
        for (var index = 0; index < SchedulerCase.Steps; index++)
        {
            SchedulerCase.Step(scheduler, index);
            Compare(expected[index + 1], optimizer, $"{name}, step {index + 1}");
        }

        Assert.IsGreaterThan(1, expected.Select(rates => rates[0]).Distinct().Count(), "a schedule that does not move would prove nothing");
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void LoadStateDict_InTheMiddle_GoesOnAsIfNeverStopped(string name)
    {
        using var scope = NewDisposeScope();
        var (optimizer, scheduler) = Make(name);
        for (var index = 0; index < SchedulerCase.Middle; index++)
        {
            SchedulerCase.Step(scheduler, index);
        }

        var (other, resumed) = Make(name);
        Apply(State(optimizer, scheduler), other, resumed);
        Assert.AreSequenceEqual(scheduler.LastRates, resumed.LastRates);
        for (var index = SchedulerCase.Middle; index < SchedulerCase.Steps; index++)
        {
            SchedulerCase.Step(scheduler, index);
            SchedulerCase.Step(resumed, index);
            Assert.AreSequenceEqual(SchedulerCase.See(optimizer), SchedulerCase.See(other), $"{name}, step {index + 1}, bit for bit");
        }

        Assert.AreEqual(scheduler.LastEpoch, resumed.LastEpoch);
        optimizer.Dispose();
        other.Dispose();
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void LoadStateDict_OfPython_GoesOnAsPythonDoes(string name)
    {
        var expected = Python.Value[name];
        using var scope = NewDisposeScope();
        var io = new TorchCheckpointIO();
        using var state = io.LoadCheckpointAsync(Path.Combine(Directory, $"{name}.pt"), null, CancellationToken.None)
            .GetAwaiter()
            .GetResult();
        var (optimizer, scheduler) = Make(name);
        using var _ = optimizer;

        Apply(state.Root, optimizer, scheduler);

        for (var index = SchedulerCase.Middle; index < SchedulerCase.Steps; index++)
        {
            SchedulerCase.Step(scheduler, index);
            Compare(expected[index + 1], optimizer, $"{name}, step {index + 1}");
        }
    }

    [TestMethod]
    public void StateDict_OfHere_LetsPythonGoOn()
    {
        var expected = Python.Value;
        var folder = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "here")).FullName;
        using var scope = NewDisposeScope();
        var io = new TorchCheckpointIO();
        foreach (var item in SchedulerCase.All)
        {
            var (optimizer, scheduler) = Make(item.Name);
            for (var index = 0; index < SchedulerCase.Middle; index++)
            {
                SchedulerCase.Step(scheduler, index);
            }

            using var state = new TrainingState(State(optimizer, scheduler));
            io.SaveCheckpointAsync(state, Path.Combine(folder, $"{item.Name}.pt"), null, CancellationToken.None).GetAwaiter().GetResult();
            optimizer.Dispose();
        }

        var went = JsonSerializer.Deserialize<Dictionary<string, double[][]>>(PythonInterop.RunText(
            SchedulerCase.PythonHead + $$"""
                out = {}
                for name, (scheduler, adam) in CASES.items():
                    o = make(adam); s = scheduler(o); out[name] = []
                    state = torch.load(sys.argv[1] + "/" + name + ".pt")
                    o.load_state_dict(state["optimizer"]); s.load_state_dict(state["scheduler"])
                    for i in range({{SchedulerCase.Middle}}, {{SchedulerCase.Steps}}):
                        step(s, i); out[name].append(see(o))
                print(json.dumps(out))
                """,
            folder))!;

        foreach (var (name, rates) in went)
        {
            for (var index = 0; index < rates.Length; index++)
            {
                Compare(expected[name][SchedulerCase.Middle + index + 1], rates[index], $"{name}, step {SchedulerCase.Middle + index + 1}");
            }
        }
    }

    private static (optim.Optimizer Optimizer, LearningRateScheduler Scheduler) Make(string name)
    {
        var item = SchedulerCase.Of(name);
        var optimizer = item.MakeOptimizer();
        return (optimizer, item.Make(optimizer));
    }

    /// <summary>What a checkpoint holds of both.</summary>
    private static StateMap State(optim.Optimizer optimizer, LearningRateScheduler scheduler)
    {
        var state = OptimizerStates.Capture(optimizer);
        for (var group = 0; group < 2; group++)
        {
            scheduler.WriteGroup(group, state["param_groups"].AsList()[group].AsMap());
        }

        return new StateMap { ["optimizer"] = state, ["scheduler"] = scheduler.StateDict() };
    }

    private static void Apply(StateMap state, optim.Optimizer optimizer, LearningRateScheduler scheduler)
    {
        OptimizerStates.Check(state["optimizer"].AsMap(), optimizer, 0);
        OptimizerStates.Apply(state["optimizer"].AsMap(), optimizer);
        scheduler.LoadStateDict(state["scheduler"].AsMap());
        for (var group = 0; group < 2; group++)
        {
            scheduler.ReadGroup(group, state["optimizer"].AsMap()["param_groups"].AsList()[group].AsMap());
        }
    }

    private static void Compare(double[] expected, optim.Optimizer optimizer, string what) =>
        Compare(expected, SchedulerCase.See(optimizer), what);

    private static void Compare(double[] expected, double[] actual, string what)
    {
        Assert.HasCount(expected.Length, actual);
        for (var index = 0; index < expected.Length; index++)
        {
            var allowed = 1e-12 * Math.Max(Math.Abs(expected[index]), 1e-3);
            Assert.IsTrue(
                Math.Abs(expected[index] - actual[index]) <= allowed,
                $"{what}, value {index}: Python has {expected[index]:R}, here it is {actual[index]:R}");
        }
    }
}
