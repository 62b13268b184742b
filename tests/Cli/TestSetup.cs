[assembly: Parallelize(Scope = ExecutionScope.MethodLevel)]

namespace Fulgurite.Tests.Cli;

[TestClass]
public static class TestSetup
{
    [AssemblyCleanup]
    public static void DeleteFiles() => PythonFiles.Delete();
}
