using System.Text.Json;

namespace Fulgurite.Tests.Samples.AttentionXml.Run;

[TestClass]
public sealed class PolicyComparisonTests : ApplicationTest
{
    [TestMethod]
    public void ComparePolicies_TinyData_PrintsWhatEachCost()
    {
        var code = RunPlain([.. TinyArguments("--epochs", "2", "--validate-every", "10"), "--compare-policies"]);

        Assert.AreEqual(0, code, Error.ToString());
        var results = Output.ToString()
            .Split('\n')
            .Where(line => line.StartsWith('{'))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .ToList();
        Assert.AreSequenceEqual(
            ["best-and-last-waiting", "best-and-last", "best-in-memory"],
            results.Select(result => result.GetProperty("policy").GetString()));
        Assert.HasCount(1, results.Select(result => result.GetProperty("best_ndcg5").GetDouble()).Distinct(), "the same training");
        Assert.HasCount(1, results.Select(result => result.GetProperty("steps").GetInt64()).Distinct());
        Assert.AreEqual(1, results[2].GetProperty("files_written").GetInt32(), "the best once, in the end");
        Assert.IsGreaterThan(results[2].GetProperty("written_mb").GetDouble(), results[0].GetProperty("written_mb").GetDouble());
        Assert.IsGreaterThan(0, results[2].GetProperty("memory_mb").GetDouble());
    }
}
