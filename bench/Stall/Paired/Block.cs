namespace Fulgurite.Bench.Stall.Paired;

/// <summary>The times of one block of steps, in milliseconds of the training thread.</summary>
/// <param name="Total">Everything: steps, saves and fences.</param>
/// <param name="FirstStep">The first step without the save before it and the fence within it.</param>
/// <param name="Steps">How many steps that were.</param>
internal readonly record struct Block(double Total, double FirstStep, int Steps)
{
    public double Step => Total / Steps;
}
