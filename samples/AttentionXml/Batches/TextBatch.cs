using AttentionXml.Data;
using Fulgurite;
using static TorchSharp.torch;

namespace AttentionXml.Batches;

/// <summary>Documents as tensors.</summary>
/// <param name="Words">Int64, documents x longest document; shorter ones are padded at the end.</param>
/// <param name="TargetPlaces">Int64: the positions of the ones in the flat matrix of documents x labels; the rest is zero.</param>
/// <param name="Documents">The rows, by their numbers in <paramref name="Corpus"/>.</param>
/// <param name="Corpus">The corpus of the documents.</param>
internal sealed record TextBatch(Tensor Words, Tensor TargetPlaces, ReadOnlyMemory<int> Documents, Corpus Corpus) : IDeviceTransferable
{
    public int Count => Documents.Length;

    public object To(Device device) => this with { Words = Words.to(device), TargetPlaces = TargetPlaces.to(device) };

    /// <summary>Creates the tensors; they belong to the dispose scope of the caller.</summary>
    /// <param name="corpus">The corpus of the documents.</param>
    /// <param name="documents">Their numbers.</param>
    /// <param name="labels">The number of predicted labels.</param>
    public static TextBatch Create(Corpus corpus, ReadOnlyMemory<int> documents, int labels)
    {
        var rows = documents.Span;
        int width = 0, targets = 0;
        foreach (var document in rows)
        {
            width = Math.Max(width, corpus.Words[document].Length);
            targets += corpus.Labels[document].Length;
        }

        var words = new long[rows.Length * width];
        var places = new long[targets];
        var next = 0;
        for (var row = 0; row < rows.Length; row++)
        {
            var place = row * width;
            foreach (var word in corpus.Words[rows[row]])
            {
                words[place++] = word;
            }

            foreach (var label in corpus.Labels[rows[row]])
            {
                places[next++] = ((long)row * labels) + label;
            }
        }

        return new TextBatch(tensor(words, rows.Length, width), tensor(places), documents, corpus);
    }
}
