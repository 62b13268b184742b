
namespace Fulgurite.Tests.Core.Numerics;

[TestClass]
public sealed class MklModeTests
{
    private const int Refused = -3;
    private const int TooLate = -8;

    [TestMethod]
    [DataRow(new[] { 0 }, KernelReproducibility.Enabled, new[] { 0x10002 })]
    [DataRow(new[] { Refused, 0 }, KernelReproducibility.Enabled, new[] { 0x10002, 2 })]
    [DataRow(new[] { Refused, Refused, 0 }, KernelReproducibility.Enabled, new[] { 0x10002, 2, 3 })]
    [DataRow(new[] { Refused, Refused, Refused }, KernelReproducibility.Unavailable, new[] { 0x10002, 2, 3 })]
    [DataRow(new[] { TooLate }, KernelReproducibility.TooLate, new[] { 0x10002 })]
    public void Request_NoModeSet_SetsTheBestThatIsAccepted(int[] answers, KernelReproducibility expected, int[] asked)
    {
        var modes = new List<int>();
        var mkl = new MklMode(() => 1, mode =>
        {
            modes.Add(mode);
            return answers[modes.Count - 1];
        });

        Assert.AreEqual(expected, mkl.Request(isOn: true));
        Assert.AreSequenceEqual(asked, modes);
    }

    [TestMethod]
    [DataRow(3, true, KernelReproducibility.Enabled)]
    [DataRow(0x10002, false, KernelReproducibility.Enabled)]
    [DataRow(1, false, KernelReproducibility.SwitchedOff)]
    public void Request_ModeSetOrSwitchedOff_SetsNothing(int mode, bool isOn, KernelReproducibility expected)
    {
        var mkl = new MklMode(() => mode, _ => throw new InvalidOperationException("It was set."));

        Assert.AreEqual(expected, mkl.Request(isOn));
    }

    [TestMethod]
    [DataRow(1, "default")]
    [DataRow(2, "AUTO")]
    [DataRow(3, "COMPATIBLE")]
    [DataRow(0x10002, "AUTO,STRICT")]
    [DataRow(0x1000A, "AVX2,STRICT")]
    [DataRow(12, "AVX512")]
    [DataRow(9, "9")]
    public void Name_Mode_IsInTheNotationOfTheVariable(int mode, string expected) =>
        Assert.AreEqual(expected, new MklMode(() => mode, _ => 0).Name);
}
