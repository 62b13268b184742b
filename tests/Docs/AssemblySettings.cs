using static TorchSharp.torch;

// The RNG of libtorch belongs to the process, so tests that train run one at a time.
[assembly: DoNotParallelize]

namespace Fulgurite.Tests.Docs;

[TestClass]
public static class AssemblySettings
{
    /// <summary>Uses one thread: the tensors of tests are small, and more threads would only wait for each other.</summary>
    [AssemblyInitialize]
    public static void UseOneThread(TestContext context)
    {
        set_num_threads(1);

        // Many tests create their data with matrix products, before a module or a trainer exists.
        ReproducibleKernels.Request();
    }
}
