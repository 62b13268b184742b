using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class AnomalyModeTests
{
    [TestMethod]
    public void DetectAnomaly_GradientThatIsNoNumber_NamesTheFunction()
    {
        using var scope = NewDisposeScope();
        var value = zeros(1, requires_grad: true);
        var loss = (value.sqrt() * 0).sum();
        Assert.IsFalse(AnomalyMode.IsEnabled);

        Exception exception;
        using (autograd.detect_anomaly())
        {
            Assert.IsTrue(AnomalyMode.IsEnabled);
            Assert.IsTrue(AnomalyMode.ShouldCheckNaN);
            exception = Assert.Throws<Exception>(() => loss.backward());
        }

        Assert.IsFalse(AnomalyMode.IsEnabled);
        Assert.Contains("SqrtBackward0", exception.Message);
        Assert.Contains("returned nan values", exception.Message);
    }

    [TestMethod]
    public void SetDetectAnomaly_Nested_GivesBackWhatWas()
    {
        using (autograd.set_detect_anomaly(true, check_nan: false))
        {
            Assert.IsFalse(AnomalyMode.ShouldCheckNaN);
            using (autograd.set_detect_anomaly(false))
            {
                Assert.IsFalse(AnomalyMode.IsEnabled);
            }

            Assert.IsTrue(AnomalyMode.IsEnabled);
            Assert.IsFalse(AnomalyMode.ShouldCheckNaN);
        }

        Assert.IsFalse(AnomalyMode.IsEnabled);
    }
}
