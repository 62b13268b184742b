using AttentionXml.Data;
using AttentionXml.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class WordVectorsTests
{
    private const int Width = 4, First = Vocabulary.FirstWord, Rare = First + 8, Count = First + 10;

    [TestMethod]
    public void Create_WordsOfTwoTopics_AreSimilarWithinATopicOnly()
    {
        using var scope = NewDisposeScope();

        var vectors = Vectors();

        CollectionAssert.AreEqual(new long[] { Count, Width }, vectors.shape);
        Assert.IsGreaterThan(0.9f, Similarity(vectors, First, First + 1));
        Assert.IsLessThan(0.2f, Similarity(vectors, First, First + 4));
    }

    [TestMethod]
    public void Create_WordsThatNeverMeet_AreSimilarIfTheirLabelsAre()
    {
        using var scope = NewDisposeScope();

        // The only word of its document, which has a label of the first topic.
        var vectors = Vectors();

        Assert.IsGreaterThan(0.25f, Similarity(vectors, Rare, First));
        Assert.IsLessThan(0.05f, Similarity(vectors, Rare, First + 4));
    }

    [TestMethod]
    public void Create_WordsWithoutDocuments_AreZeroAndOthersHaveLengthOne()
    {
        using var scope = NewDisposeScope();

        var lengths = Vectors().norm(1).data<float>().ToArray();

        Assert.AreEqual(0, lengths[Vocabulary.Padding]);
        Assert.AreEqual(0, lengths[Vocabulary.Unknown]);
        Assert.AreEqual(0, lengths[Count - 1]);
        for (var word = First; word < Count - 1; word++)
        {
            Assert.AreEqual(1, lengths[word], 1e-4f);
        }
    }

    [TestMethod]
    public void Create_SameSeed_IsTheSameAndLeavesNothingBehind()
    {
        using var scope = NewDisposeScope();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        var vectors = Vectors();

        Assert.AreEqual(before + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.IsTrue(vectors.equal(Vectors()).all().item<bool>());
    }

    private static float Similarity(Tensor vectors, int one, int other) => vectors[one].dot(vectors[other]).item<float>();

    /// <summary>
    /// Documents of two words and one label of a topic: words 0 to 3 and labels 0 and 1, or words 4 to 7 and labels 2 and 3.
    /// </summary>
    private static Tensor Vectors()
    {
        var random = new Random(5);
        var corpus = new Corpus();
        for (var i = 0; i < 400; i++)
        {
            var topic = i % 2;
            corpus.Add(
                [First + (4 * topic) + random.Next(4), First + (4 * topic) + random.Next(4), Vocabulary.Unknown],
                [(2 * topic) + random.Next(2)], 1);
        }

        corpus.Add([Rare], [0], 1);
        var words = Enumerable.Range(0, Count - First).Select(i => $"w{i}");
        var vocabulary = new Vocabulary(new NameTable(words, First), new NameTable(["a", "b", "c", "d"], 0));
        torch.random.manual_seed(1);
        return WordVectors.Create(Documents.All(corpus), vocabulary, Width);
    }
}
