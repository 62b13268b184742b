namespace Fulgurite.Tests.Core.IO;

[TestClass]
public sealed class LocalClaimTests
{
    [TestMethod]
    public void TryTake_WhereFilesCanBeLocked_ExcludesOthersUntilItIsDisposed()
    {
        var folder = Directory.CreateTempSubdirectory("fulgurite-test-");
        try
        {
            var path = Path.Combine(folder.FullName, "last.ckpt");
            using (var claim = LocalClaim.TryTake(path, mayBeThere: true))
            {
                Assert.IsInstanceOfType<LocalClaim>(claim);
                Assert.IsNull(LocalClaim.TryTake(path, mayBeThere: true));
                var file = Assert.ContainsSingle(folder.GetFiles(".fulgurite-*.claim"));
                Assert.IsTrue(ClaimFile.IsLocked(file.FullName));
            }

            using var again = LocalClaim.TryTake(path, mayBeThere: true);
            Assert.IsInstanceOfType<LocalClaim>(again);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestMethod]
    public void IsLocked_FileThatNobodyHasLocked_IsFalse()
    {
        // As the file of a claim on a file system that ignores locks.
        var path = Path.GetTempFileName();
        try
        {
            Assert.IsFalse(ClaimFile.IsLocked(path));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
