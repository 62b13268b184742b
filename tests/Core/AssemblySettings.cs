// The random numbers of libtorch belong to the process, so tests that train take turns.
[assembly: DoNotParallelize]

namespace Fulgurite.Tests;

[TestClass]
public static class AssemblySettings
{
    /// <summary>The tensors of tests are small: more threads would only wait for each other.</summary>
    [AssemblyInitialize]
    public static void UseOneThread(TestContext context)
    {
        TorchSharp.torch.set_num_threads(1);

        // Many tests make their data by matrix products, before they have a module or a trainer.
        ReproducibleKernels.Request();
    }
}
