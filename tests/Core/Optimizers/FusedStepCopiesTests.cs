namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>The copies of old values that a fused step makes.</summary>
[TestClass]
public sealed class FusedStepCopiesTests
{
    private const double Rate = 0.01;

    public static IEnumerable<object[]> Optimizers =>
    [
        [(Func<IEnumerable<Parameter>, OptimizerHelper>)(p => new FusedSgd(p, Rate)), ScalarType.Float32],
        [(Func<IEnumerable<Parameter>, OptimizerHelper>)(p => new FusedSgd(p, Rate, 0.9)), ScalarType.Float64],
        [(Func<IEnumerable<Parameter>, OptimizerHelper>)(p => new FusedAdam(p, Rate, amsgrad: true)), ScalarType.Float32],
        [(Func<IEnumerable<Parameter>, OptimizerHelper>)(p => new FusedAdamW(p, Rate)), ScalarType.Float64],
        [(Func<IEnumerable<Parameter>, OptimizerHelper>)(p => new FusedAdamW(p, Rate, amsgrad: true)), ScalarType.BFloat16],
    ];

    [TestMethod]
    public void TryAdd_ParameterGotOtherMemoryAfterASave_TakesThatOnly()
    {
        using var parameter = nn.Parameter(ones(3_000));
        using var optimizer = new FusedAdamW([parameter], Rate);
        IStepCopies copies = optimizer;
        using var target = new HostTensorStorage(12_000);
        var before = TensorData.FromTensor(parameter).Address;
        Assert.IsTrue(copies.TryAdd(before, target.Address, 12_000));
        copies.Finish();

        using var other = full(3_000, 2);
        using (no_grad())
        {
            parameter.set_(other);
        }

        Assert.IsFalse(copies.TryAdd(before, target.Address, 12_000));
        Assert.IsTrue(copies.TryAdd(TensorData.FromTensor(other).Address, target.Address, 12_000));
        copies.Finish();
        Assert.AreSequenceEqual(TensorData.FromTensor(other).Storage.GetBytes(0, 12_000).ToArray(), target.GetBytes(0, 12_000).ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void Step_CopiesOfEverything_AreTheValuesFromBefore(Func<IEnumerable<Parameter>, OptimizerHelper> make, ScalarType type)
    {
        manual_seed(2);
        Parameter[] parameters = [nn.Parameter(randn(70_001).to(type)), nn.Parameter(randn(33).to(type)), nn.Parameter(randn(9).to(type))];
        using var optimizer = make(parameters);
        Step(optimizer, parameters);

        // The last has no gradient in the next step.
        var live = Live(optimizer, parameters);
        var before = live.ConvertAll(data => data.Storage.GetBytes(0, (int)data.ByteLength).ToArray());
        var targets = live.ConvertAll(data => new HostTensorStorage(data.ByteLength + 64));
        var copies = (IStepCopies)optimizer;
        var isCompleted = false;
        for (var index = 0; index < live.Count; index++)
        {
            // One is not aligned to a vector.
            Assert.IsTrue(copies.TryAdd(live[index].Address, targets[index].Address + (index == 1 ? 8 : 0), live[index].ByteLength));
        }

        copies.Then(() => isCompleted = true);
        Step(optimizer, parameters[..2]);

        Assert.IsFalse(isCompleted);
        copies.Finish();
        Assert.IsTrue(isCompleted);
        for (var index = 0; index < live.Count; index++)
        {
            Assert.AreSequenceEqual(
                before[index], targets[index].GetBytes(index == 1 ? 8 : 0, before[index].Length).ToArray(), $"tensor {index}");
            Assert.AreEqual(
                index == 2 || IsOfTheLast(live, index), live[index].Storage.GetBytes(0, before[index].Length).SequenceEqual(before[index]),
                $"tensor {index}");
        }

        // The next step copies nothing.
        targets.ForEach(target => target.GetWritableBytes(0, (int)target.ByteLength).Clear());
        Step(optimizer, parameters);
        copies.Finish();
        Assert.IsTrue(targets.TrueForAll(target => !target.GetBytes(0, (int)target.ByteLength).ContainsAnyExcept((byte)0)));
        targets.ForEach(target => target.Dispose());
    }

    [TestMethod]
    public void Step_Throws_FinishStillMakesTheCopies()
    {
        using var scope = NewDisposeScope();
        Parameter[] parameters = [nn.Parameter(ones(40)), nn.Parameter(ones(6, 4))];
        using var optimizer = new FusedAdam(parameters, weight_decay: 0.1);
        using var target = new HostTensorStorage(160);
        parameters[0].grad = ones(40);
        parameters[1].grad = sparse_coo_tensor(tensor(new long[,] { { 1 } }), ones(1, 4), [6, 4]);
        var copies = (IStepCopies)optimizer;
        Assert.IsTrue(copies.TryAdd(NativeTensor.AddressOf(parameters[0].detach()), target.Address, 160));

        Assert.ThrowsExactly<NotSupportedException>(() => optimizer.step());
        copies.Finish();

        Assert.AreSequenceEqual(
            Enumerable.Repeat(1f, 40).ToArray(),
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(target.GetBytes(0, 160)).ToArray());
    }

    [TestMethod]
    public void TryAdd_MemoryThatTwoUpdatesChange_IsRefused()
    {
        using var scope = NewDisposeScope();
        var shared = ones(40);
        Parameter[] parameters =
        [
            nn.Parameter(shared.narrow(0, 0, 24)), nn.Parameter(shared.narrow(0, 16, 24)), nn.Parameter(ones(8)),
            nn.Parameter(ones(4, 4).t()),
        ];
        parameters[3] = nn.Parameter(rand(3, 5).t());
        using var optimizer = new FusedSgd(parameters, Rate);
        using var target = new HostTensorStorage(400);
        var copies = (IStepCopies)optimizer;

        Assert.IsFalse(
            copies.TryAdd(NativeTensor.AddressOf(parameters[0].detach()), target.Address, 96), "the second changes a part of it as well");
        Assert.IsFalse(copies.TryAdd(NativeTensor.AddressOf(parameters[1].detach()), target.Address, 96));
        Assert.IsFalse(copies.TryAdd(NativeTensor.AddressOf(parameters[2].detach()), target.Address, 16), "a part");
        Assert.IsFalse(copies.TryAdd(NativeTensor.AddressOf(parameters[3].detach()), target.Address, 60), "not contiguous");
        Assert.IsTrue(copies.TryAdd(NativeTensor.AddressOf(parameters[2].detach()), target.Address, 32));
        Assert.IsFalse(copies.TryAdd(NativeTensor.AddressOf(parameters[2].detach()), target.Address, 32), "a second time");
        copies.Finish();
    }

    private static List<TensorData> Live(OptimizerHelper optimizer, Parameter[] parameters) =>
    [
        .. parameters.Select(parameter => TensorData.FromTensor(parameter)),
        .. new TrainingState(OptimizerStates.Capture(optimizer)).Tensors().Select(entry => entry.Value).Where(
            data => data.Stability == TensorStability.UntilOptimizerStep),
    ];

    /// <summary>Whether a tensor of the state belongs to the last of three parameters.</summary>
    private static bool IsOfTheLast(List<TensorData> live, int index) => index > 2 && live[index].ElementCount == live[2].ElementCount;

    private static void Step(OptimizerHelper optimizer, Parameter[] parameters)
    {
        using var scope = NewDisposeScope();
        foreach (var parameter in parameters)
        {
            parameter.grad = (randn(parameter.shape) + 1).to(parameter.dtype);
        }

        optimizer.step();
        foreach (var parameter in parameters)
        {
            parameter.grad = null;
        }
    }
}
