using AttentionXml.Data.Debian;

namespace Fulgurite.Tests.Samples.AttentionXml.Debian;

[TestClass]
public sealed class DependencyListTests
{
    [TestMethod]
    [DataRow("", "")]
    [DataRow("libc6", "libc6")]
    [DataRow("libc6 (>= 2.34), zlib1g (>= 1:1.2.0)", "libc6 zlib1g")]
    [DataRow("libc6(>= 2.34)", "libc6")]
    [DataRow("python3:any (>= 3.9~), perl:native", "python3 perl")]
    [DataRow("exim4 | mail-transport-agent, adduser", "exim4 adduser")]
    [DataRow("exim4|postfix", "exim4")]
    [DataRow("libfoo [amd64 arm64], bar <!nocheck>", "libfoo bar")]
    [DataRow("a,, b , ", "a b")]
    [DataRow("0ad-data (>= 1), 0ad-data (<= 2)", "0ad-data 0ad-data")]
    [DataRow("libstdc++6, g++-12", "libstdc++6 g++-12")]
    public void Parse_Field_GivesTheFirstNameOfEachEntry(string field, string expected) =>
        Assert.AreEqual(expected, string.Join(' ', DependencyList.Parse(field)));
}
