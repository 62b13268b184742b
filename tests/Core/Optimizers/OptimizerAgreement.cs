namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>How the parameters that an optimizer gives here agree with those of Python, from the same state and gradients.</summary>
internal enum OptimizerAgreement
{
    /// <summary>Bit for bit: every operation is correctly rounded in both.</summary>
    Exact,

    /// <summary>
    /// Up to rounding. The operations are the same, in the same order, but not all are rounded alike: the square root of libtorch with MKL
    /// may be off by one
    /// ulp, where Debian's PyTorch rounds correctly; ASGD's step size is a double here and a float there.
    /// </summary>
    Rounded,

    /// <summary>
    /// The state agrees bit for bit, and the parameters follow another formula: Python's NAdam is wrong before 2.0, TorchSharp's RAdam is
    /// wrong.
    /// </summary>
    FormulaOnly,

    /// <summary>
    /// As <see cref="FormulaOnly"/>, with weight decay, by which the parameters get into the state: only the state that is loaded is
    /// compared.
    /// </summary>
    StateOnly,
}
