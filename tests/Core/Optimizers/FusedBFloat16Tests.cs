using static Fulgurite.Tests.Core.Optimizers.FusedCases;

namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>Steps of bfloat16 parameters, which have float32 masters.</summary>
[TestClass]
public sealed class FusedBFloat16Tests
{
    [TestMethod]
    public void Step_BFloat16_KeepsWhatIsTooSmallForIt()
    {
        // The step is a thousandth of an ulp: in bfloat16 alone nothing would ever change.
        var parameter = nn.Parameter(ones(1500, dtype: ScalarType.BFloat16));
        using var optimizer = new FusedSgd([parameter], 1.0 / (1 << 17));
        parameter.grad = ones(1500, dtype: ScalarType.BFloat16);

        for (var step = 0; step < 1 << 10; step++)
        {
            optimizer.step();
        }

        Assert.AreEqual(1 - (1f / 128), parameter.detach().to(ScalarType.Float32)[1499].item<float>());
    }

    [TestMethod]
    public void Step_BFloat16_RoundsTheStepOfFloat32()
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var start = randn(1337).to(ScalarType.BFloat16);
        var (half, full) = (nn.Parameter(start.clone()), nn.Parameter(start.to(ScalarType.Float32)));
        using var first = new FusedAdamW([half], Rate);
        using var second = new FusedAdamW([full], Rate);
        for (var step = 0; step < 30; step++)
        {
            half.grad = randn(1337).to(ScalarType.BFloat16);
            full.grad = half.grad!.to(ScalarType.Float32);
            first.step();
            second.step();
        }

        Assert.AreSequenceEqual(full.detach().to(ScalarType.BFloat16).bytes.ToArray(), half.detach().bytes.ToArray());
    }

    [TestMethod]
    public void Step_BFloat16ThatSomebodyElseHasChanged_GoesOnFromThere()
    {
        var parameter = nn.Parameter(ones(40, dtype: ScalarType.BFloat16));
        using var optimizer = new FusedSgd([parameter], 0.5);
        parameter.grad = ones(40, dtype: ScalarType.BFloat16);
        optimizer.step();
        using (no_grad())
        {
            parameter.zero_();
        }

        optimizer.step();

        Assert.AreEqual(-0.5f, parameter.detach().to(ScalarType.Float32)[3].item<float>());
    }

    [TestMethod]
    public void Apply_BFloat16_GoesOnBitForBit()
    {
        manual_seed(8);
        var parameter = nn.Parameter(randn(70).to(ScalarType.BFloat16));
        using var optimizer = new FusedAdamW([parameter], 1e-4, amsgrad: true);
        void Steps(Parameter stepped, OptimizerHelper by, int seed)
        {
            manual_seed(seed);
            for (var step = 0; step < 10; step++)
            {
                stepped.grad = randn(70).to(ScalarType.BFloat16);
                by.step();
            }
        }

        Steps(parameter, optimizer, 1);
        using var saved = StateCopies.Copy(new TrainingState(OptimizerStates.Capture(optimizer)));
        var other = nn.Parameter(parameter.detach().clone());
        using var resumed = new FusedAdamW([other], 1e-4, amsgrad: true);
        OptimizerStates.Check(saved.Root, resumed, 0);
        OptimizerStates.Apply(saved.Root, resumed);

        Steps(parameter, optimizer, 2);
        Steps(other, resumed, 2);

        Assert.AreSequenceEqual(parameter.detach().bytes.ToArray(), other.detach().bytes.ToArray());
        StateAssert.HaveSameValues(
            new TrainingState(OptimizerStates.Capture(optimizer)), new TrainingState(OptimizerStates.Capture(resumed)));
    }
}
