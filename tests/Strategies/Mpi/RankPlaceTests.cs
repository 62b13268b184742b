namespace Fulgurite.Tests.Strategies.Mpi;

/// <summary>Whether processes have a core for communication.</summary>
[TestClass]
public sealed class RankPlaceTests
{
    [TestMethod]
    [DataRow(2, 2, 1, false, DisplayName = "Two processes on two cores")]
    [DataRow(2, 3, 1, false, DisplayName = "One free core for two")]
    [DataRow(2, 4, 1, true, DisplayName = "A core for each")]
    [DataRow(2, 8, 4, false, DisplayName = "All cores compute")]
    [DataRow(1, 8, 7, true, DisplayName = "One process leaves a core")]
    public void HaveFreeCores_ProcessesShareProcessors_CountsAllThreads(int processes, int cores, int threads, bool expected)
    {
        var places = Enumerable.Repeat(new RankPlace("a", "0-7", cores, threads), processes).ToList();
        Assert.AreEqual(expected, RankPlace.HaveFreeCores(places));
        Assert.AreEqual(
            expected, RankPlace.HaveFreeCores(places.Concat(places.Select(place => place with { Machine = "b" }))),
            "Each machine has its own.");
    }

    [TestMethod]
    [DataRow(1, false)]
    [DataRow(2, true)]
    public void HaveFreeCores_ProcessesAreBoundApart_CountsTheProcessorsOfEach(int cores, bool expected) =>
        Assert.AreEqual(
            expected, RankPlace.HaveFreeCores([new RankPlace("a", "0-1", cores, 1), new RankPlace("a", "2-3", cores, 1)]));

    [TestMethod]
    public void Own_InThisProcess_HasCoresAndThreads()
    {
        var place = RankPlace.Own();
        Assert.AreEqual(Environment.MachineName, place.Machine);
        Assert.AreEqual(OperatingSystem.IsLinux(), place.Processors.Length > 0);
        Assert.IsGreaterThan(0, place.Cores);
        Assert.AreEqual(get_num_threads(), place.Threads);
    }
}
