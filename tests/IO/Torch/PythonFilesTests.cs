namespace Fulgurite.Tests.IO.Torch;

/// <summary>Reads what Python's torch wrote; tests/IO/python/write_torch.py says what that is.</summary>
[TestClass]
public sealed class PythonFilesTests
{
    private static readonly Lazy<TemporaryDirectory> Files = new(() =>
    {
        var directory = new TemporaryDirectory();
        PythonInterop.Run("write_torch.py", directory.Path);
        return directory;
    });

    [ClassCleanup]
    public static void DeleteFiles()
    {
        if (Files.IsValueCreated)
        {
            Files.Value.Dispose();
        }
    }

    /// <summary>Here and not where the files are first used, which may be within an assertion that expects another exception.</summary>
    [TestInitialize]
    public void RequirePython() => PythonInterop.Require();

    [TestMethod]
    [DataRow("types.pt", false)]
    [DataRow("types_legacy.pt", false)]
    [DataRow("types.pt", true)]
    public void Load_EveryTypeAndShape_HasPythonsElements(string name, bool mapped)
    {
        using var state = Load(name, new LoadOptions { Mapped = mapped });

        Assert.AreEqual(96, state.Root.Count);
        Assert.AreEqual("float32[2, 3]", state.Root.Keys.ElementAt((6 * 8) + 5).ToString());
        Assert.AreEqual(ScalarType.BFloat16, state["bfloat16[7]"].AsTensor().Type);
        CollectionAssert.AreEqual(new long[] { 3, 0, 2 }, state["bool[3, 0, 2]"].AsTensor().Shape.ToArray());
        CollectionAssert.AreEqual(
            File.ReadAllBytes(Files.Value["types.bin"]),
            state.Root.SelectMany(entry => StateComparison.Bytes(entry.Value.AsTensor())).ToArray());
    }

    [TestMethod]
    [DataRow("views.pt")]
    [DataRow("views_legacy.pt")]
    public void Load_Views_ShareOneStorage(string name)
    {
        using var state = Load(name);

        CollectionAssert.AreEqual(
            File.ReadAllBytes(Files.Value["views.bin"]),
            state.Root.SelectMany(entry => StateComparison.Bytes(entry.Value.AsTensor())).ToArray());
        Assert.AreEqual(
            1, state.Root.Where(entry => entry.Key != "channels_last").Select(entry => entry.Value.AsTensor().Storage).Distinct().Count());
        CollectionAssert.AreEqual(new long[] { 24, 1, 12, 3 }, state["channels_last"].AsTensor().Strides.ToArray());
    }

    [TestMethod]
    public void Load_OptimizerStates_KeepTheirShape()
    {
        using var state = Load("optimizers.pt");

        var adam = state["adam"].AsMap();
        Assert.AreEqual("state|param_groups", string.Join('|', adam.Keys));
        Assert.IsTrue(adam["state"].AsMap().Keys.All(key => key.IsNumber));
        var group = adam["param_groups"].AsList()[0].AsMap();
        Assert.AreEqual(0.01, group["lr"].AsReal());
        Assert.IsTrue(group["betas"].AsList().IsTuple);
        Assert.AreEqual(6, group["params"].AsList().Count);
        Assert.AreEqual(1.0f, BitConverter.ToSingle(StateComparison.Bytes(state.Find("adam.state.0.step")!.AsTensor())));
        Assert.AreEqual(ScalarType.Float32, state.Find("sgd.state.3.momentum_buffer")!.AsTensor().Type);
        CollectionAssert.AreEqual(
            File.ReadAllBytes(Files.Value["optimizers.bin"]),
            state.Tensors().SelectMany(entry => StateComparison.Bytes(entry.Value)).ToArray());
    }

    [TestMethod]
    public async Task Save_OptimizerStatesOfPython_AreTheSameAgain()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new TorchCheckpointIO();
        using var state = Load("optimizers.pt");

        await io.SaveCheckpointAsync(state, directory["again.pt"], null, CancellationToken.None);

        Assert.AreEqual("ok", PythonInterop.Run("check_same.py", Files.Value["optimizers.pt"], directory["again.pt"]));
    }

    [TestMethod]
    [DataRow("lightning.ckpt")]
    [DataRow("lightning_legacy.ckpt")]
    public void Load_LightningCheckpoint_KeepsKnownValues(string name)
    {
        using var state = Load(name);

        Assert.AreEqual(2, state["epoch"].AsInteger());
        CollectionAssert.AreEqual(new long[] { 4, 3 }, state.Find("state_dict.0.weight")!.AsTensor().Shape.ToArray());
        Assert.AreEqual(2, state.Find("loops.fit_loop.epoch_progress.total.completed")!.AsInteger());
        var callback = state["callbacks"].AsMap().Single().Value.AsMap();
        Assert.AreEqual(0.25f, BitConverter.ToSingle(StateComparison.Bytes(callback["best_model_score"].AsTensor())));
        var hyper = state["hyper_parameters"].AsMap();
        Assert.AreEqual(0.01, hyper["lr"].AsReal());
        Assert.IsTrue(hyper["size"].AsList().IsTuple);
        CollectionAssert.AreEqual(new byte[] { 0, 255 }, ((StateBytes)hyper["raw"]).Value.ToArray());
        CollectionAssert.AreEqual("ab"u8.ToArray(), ((StateBytes)hyper["array"]).Value.ToArray());
        Assert.AreEqual(1, hyper["default"].AsMap()["a"].AsList()[0].AsInteger());
        Assert.AreEqual(0.5, state.Find("metrics.np_float")!.AsReal());
        Assert.AreEqual(7, state.Find("metrics.np_int")!.AsInteger());
        Assert.IsTrue(state.Find("metrics.np_bool")!.AsBoolean());
        Assert.AreEqual(ScalarType.Int16, state.Find("metrics.np_array")!.AsTensor().Type);
        CollectionAssert.AreEqual(new double[] { 0, 1, 2, 3, 4, 5 }, Doubles(state.Find("metrics.np_fortran")!.AsTensor()));
    }

    [TestMethod]
    public void Load_LightningCheckpoint_KeepsUnknownObjectsInert()
    {
        using var state = Load("lightning.ckpt");

        var hyper = state["hyper_parameters"].AsMap();
        var stage = (StateObject)hyper["stage"];
        if (stage.ClassName == "__builtin__.getattr")
        {
            // Python 3.11 names a member of an enumeration, others make it from its value.
            Assert.AreEqual("TRAIN", stage.Arguments[1].AsText());
            stage = (StateObject)stage.Arguments[0];
        }

        Assert.AreEqual("__main__.Stage", stage.ClassName);
        var space = (StateObject)hyper["namespace"];
        Assert.AreEqual("argparse.Namespace", space.ClassName);
        Assert.AreEqual("two", space.State.AsMap()["b"].AsText());
        var settings = (StateObject)hyper["settings"];
        Assert.AreEqual(2, settings.State.AsMap()["weights"].AsTensor().ElementCount);
        Assert.AreEqual(8, ((StateObject)hyper["hidden"]).Items.AsMap()["width"].AsInteger());
        Assert.AreEqual(StateObjectForm.Reference, ((StateObject)hyper["activation"]).Form);
        Assert.AreEqual("torch.float32", ((StateObject)hyper["dtype"]).ClassName);
        Assert.AreEqual("1267650600228229401496703205376", ((StateObject)hyper["huge"]).Arguments[0].AsText());
        Assert.AreEqual("builtins.dict", ((StateObject)hyper["pairs"]).ClassName);
    }

    [TestMethod]
    public async Task Save_LightningCheckpointOfPython_IsTheSameAgain()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new TorchCheckpointIO();
        using var state = Load("lightning.ckpt");

        await io.SaveCheckpointAsync(state, directory["again.ckpt"], null, CancellationToken.None);

        Assert.AreEqual("ok", PythonInterop.Run("check_same.py", Files.Value["lightning.ckpt"], directory["again.ckpt"]));
    }

    [TestMethod]
    public void Load_UnknownClasses_AreReported()
    {
        var log = new CollectingLogger<TorchCheckpointIO>();
        var io = new TorchCheckpointIO(logger: log);

        using var state = io.LoadCheckpointAsync(Files.Value["lightning.ckpt"], null, CancellationToken.None).Result;

        StringAssert.Contains(log.Messages.Single(), "__main__.Stage");
        StringAssert.Contains(log.Messages.Single(), "argparse.Namespace");
        StringAssert.Contains(log.Messages.Single(), Files.Value["lightning.ckpt"]);
    }

    [TestMethod]
    [DataRow("protocol3.pt")]
    [DataRow("protocol4.pt")]
    [DataRow("protocol5.pt")]
    public void Load_NewerPickleProtocols_AreRead(string name)
    {
        using var state = Load(name);

        Assert.AreEqual("Grüße", state["text"].AsText());
        CollectionAssert.AreEqual("bytes"u8.ToArray(), ((StateBytes)state["list"].AsList()[4]).Value.ToArray());
        Assert.AreEqual(3, state["weights"].AsTensor().ElementCount);
    }

    [TestMethod]
    public void Load_ManyTensors_HaveTheirElements()
    {
        using var state = Load("many.pt");

        Assert.AreEqual(400, state.Root.Count);
        for (var index = 0; index < 400; index++)
        {
            var elements = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(
                StateComparison.Bytes(state[$"t{index}"].AsTensor()));
            Assert.AreEqual((index % 7) + 1, elements.Length);
            Assert.AreEqual(-1, elements.IndexOfAnyExcept(index));
        }
    }

    [TestMethod]
    public void Load_LoneTensor_IsCalledData()
    {
        using var state = Load("tensor.pt");

        Assert.AreEqual(ScalarType.Int64, state["data"].AsTensor().Type);
    }

    [TestMethod]
    public void Load_WholeModule_KeepsItsTensors()
    {
        using var state = Load("module.pt");

        Assert.AreEqual("torch.nn.modules.container.Sequential", ((StateObject)state["data"]).ClassName);
        Assert.AreEqual(9, state.Tensors().Count());
    }

    [TestMethod]
    public void Load_SharedList_StandsInEveryPlace()
    {
        using var state = Load("shared.pt");

        Assert.AreEqual("once", state.Find("a.0")!.AsText());
        Assert.AreEqual("once", state.Find("t.1.0")!.AsText());
    }

    [TestMethod]
    [DataRow("cyclic.pt", "contains itself")]
    [DataRow("deep.pt", "500 levels")]
    [DataRow("pickle.pkl", "not one of torch.save")]
    [DataRow("script.pt", "TorchScript")]
    [DataRow("names.json", "unknown format")]
    public void Load_WhatIsNoState_IsRefused(string name, string reason)
    {
        var refusal = Assert.ThrowsExactly<CheckpointCorruptException>(() => Load(name));

        StringAssert.Contains(refusal.Message, reason);
        Assert.AreEqual(Files.Value[name], refusal.Path);
    }

    [TestMethod]
    public void Load_Only_LeavesTheRestOut()
    {
        using var state = Load("lightning.ckpt", new LoadOptions { Only = ["state_dict", "optimizer_states.0.param_groups"] });

        Assert.AreEqual("state_dict|optimizer_states", string.Join('|', state.Root.Keys));
        Assert.AreEqual("param_groups", string.Join('|', state["optimizer_states"].AsList()[0].AsMap().Keys));
        Assert.AreEqual(9, state.Tensors().Count());
    }

    [TestMethod]
    public void Load_Into_OverwritesExistingTensors()
    {
        using var scope = NewDisposeScope();
        var exact = zeros(4, 3);
        var converted = zeros(4, ScalarType.Float64);
        var transposed = zeros(4, 2).t();
        var into = new Dictionary<string, Tensor>
        {
            ["state_dict.0.weight"] = exact,
            ["state_dict.1.running_var"] = converted,
            ["state_dict.2.weight"] = transposed,
            ["state_dict.none"] = zeros(1),
        };
        using var plain = Load("lightning.ckpt");

        using var state = Load("lightning.ckpt", new LoadOptions { Into = into });

        CollectionAssert.AreEqual(StateComparison.Bytes(plain.Find("state_dict.0.weight")!.AsTensor()), exact.bytes.ToArray());
        CollectionAssert.AreEqual(
            StateComparison.Bytes(plain.Find("state_dict.2.weight")!.AsTensor()), transposed.contiguous().bytes.ToArray());
        Assert.AreEqual(plain.Find("state_dict.1.running_var")!.AsTensor().ToTensor()[0].item<float>(), (float)converted[0].item<double>());
        Assert.AreEqual(TensorData.FromTensor(exact).Address, state.Find("state_dict.0.weight")!.AsTensor().Address);
    }

    [TestMethod]
    public void Load_IntoAnotherShape_NamesTensorAndShapes()
    {
        using var scope = NewDisposeScope();
        var into = new Dictionary<string, Tensor> { ["state_dict.0.weight"] = zeros(4, 4) };

        var refusal = Assert.ThrowsExactly<CheckpointException>(() => Load("lightning.ckpt", new LoadOptions { Into = into }));

        StringAssert.Contains(refusal.Message, "'state_dict.0.weight'");
        StringAssert.Contains(refusal.Message, "[4, 3]");
        StringAssert.Contains(refusal.Message, "[4, 4]");
    }

    private static double[] Doubles(TensorData tensor) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(StateComparison.Bytes(tensor)).ToArray();

    private static TrainingState Load(string name, LoadOptions? options = null) =>
        new TorchCheckpointIO().LoadCheckpointAsync(Files.Value[name], options, CancellationToken.None).GetAwaiter().GetResult();
}
